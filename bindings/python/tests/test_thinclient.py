"""Programs as they are written for the Python thin client."""

import asyncio
import contextlib
import io
import os

import kpclient
from case import Simulated
from kpclient.thinclient import Config, ServiceDescriptor, ThinClient, blake2_256_sum, find_services


class Started(Simulated):
    """A test with a client that is connected."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.clients = []
        self.client = await self.started()

    async def started(self, **functions):
        client = ThinClient(Config(self.simulator.config, **functions))
        self.clients.append(client)
        await client.start(asyncio.get_running_loop())
        return client

    async def asyncTearDown(self):
        for client in self.clients:
            client.stop()
        self.clients.clear()
        self.client = None

    async def write(self, write_cap, made, **more):
        """Sends an envelope that writes, with the names of the older documents."""
        return await self.client.start_resending_encrypted_message(
            read_cap=None, write_cap=write_cap, next_message_index=None, reply_index=None,
            envelope_descriptor=made.envelope_descriptor, message_ciphertext=made.message_ciphertext,
            envelope_hash=made.envelope_hash, **more,
        )

    async def read(self, read_cap, index, **more):
        made = await self.client.encrypt_read(read_cap, index)
        return await self.client.start_resending_encrypted_message(
            read_cap, None, index, None, made.envelope_descriptor, made.message_ciphertext,
            made.envelope_hash, **more,
        )

    async def fill(self, keys, texts):
        """Writes texts to the first boxes of a stream; the index behind them."""
        index = keys.first_index
        for text in texts:
            made = await self.client.encrypt_write(text, keys.write_cap, index)
            await self.write(keys.write_cap, made)
            index = made.next_message_box_index
        return index

    async def keypair(self):
        return await self.client.new_keypair(os.urandom(32))


class Life(Started):
    async def test_attributes_tell_of_the_network(self):
        client = self.client
        self.assertTrue(client.is_connected())
        self.assertEqual(len(client.instance_token), 16)
        self.assertEqual(client.config.dial.resolve().address, os.path.join(self.simulator.folder, "socket"))
        self.assertEqual(client.logger.name, "thinclient")
        self.assertGreater(client.geometry.UserForwardPayloadLength, 1000)
        sizes = client.pigeonhole_geometry
        sizes.validate()
        self.assertFalse(client.reply_received_event.is_set())
        self.assertEqual(sizes.padded_payload_length(), sizes.max_plaintext_payload_length + 4)
        self.assertEqual(len({client.new_surb_id(), client.new_query_id(), ThinClient.new_message_id()}), 3)

    async def test_functions_for_events_are_coroutines_or_plain(self):
        events = asyncio.Queue()

        async def on_connection_status(event):
            events.put_nowait(("status", event))

        def on_new_pki_document(event):
            events.put_nowait(("document", event))

        client = await self.started(
            on_connection_status=on_connection_status, on_new_pki_document=on_new_pki_document
        )
        # What was known when the client connected has arrived when `start` returns.
        kind, event = events.get_nowait()
        self.assertEqual((kind, event["is_connected"], event["err"]), ("status", True, None))
        self.assertEqual(len(event["instance_token"]), 16)
        self.assertEqual(event["sphinx_geometry"]["NrHops"], client.geometry.NrHops)
        self.assertGreater(event["pigeonhole_geometry"]["MaxPlaintextPayloadLength"], 1000)
        kind, event = events.get_nowait()
        self.assertEqual(kind, "document")
        self.assertIsInstance(event["payload"], bytes)
        self.simulator.say("offline")
        kind, event = await events.get()
        self.assertEqual((kind, event["is_connected"]), ("status", False))

    async def test_a_function_that_fails_does_not_end_the_others(self):
        seen = asyncio.Queue()

        def on_connection_status(event):
            seen.put_nowait(event["is_connected"])
            raise ZeroDivisionError

        with self.assertLogs("thinclient", "ERROR"):
            await self.started(on_connection_status=on_connection_status)
            self.assertTrue(await seen.get())
            self.simulator.say("offline")
            self.assertFalse(await seen.get())

    async def test_functions_may_be_set_later(self):
        lost = asyncio.get_running_loop().create_future()

        async def on_daemon_disconnected(event):
            lost.set_result(event)

        self.client.config.on_daemon_disconnected = on_daemon_disconnected
        self.simulator.say("cut")
        event = await lost
        self.assertFalse(event["is_graceful"])
        self.assertTrue(event["error"])

    async def test_the_work_survives_a_restart_of_the_daemon(self):
        keys = await self.keypair()
        read = asyncio.ensure_future(self.read(keys.read_cap, keys.first_index))
        while self.client._client.stats.operations_running == 0:
            await asyncio.sleep(0)
        self.simulator.say("restart")
        await self.fill(keys, [b"afterwards"])
        self.assertEqual((await read).plaintext, b"afterwards")

    async def test_stop_ends_who_waits_and_start_begins_anew(self):
        keys = await self.keypair()
        read = asyncio.ensure_future(self.read(keys.read_cap, keys.first_index))
        while self.client._client.stats.operations_running == 0:
            await asyncio.sleep(0)
        self.client.stop()
        with self.assertRaises(BrokenPipeError):
            await read
        self.assertFalse(self.client.is_connected())
        self.client.stop()
        await self.client.start()
        self.assertTrue(self.client.is_connected())
        await self.fill(keys, [b"again"])

    async def test_a_disconnected_client_connects_again(self):
        states = asyncio.Queue()
        self.client.config.on_connection_status = lambda event: states.put_nowait(event["is_connected"])
        self.client.disconnect()
        self.assertFalse(self.client.is_connected())
        while not await states.get():
            pass
        self.assertTrue(self.client.is_connected())


class Messages(Started):
    async def test_a_service_is_asked_and_answers(self):
        service = self.client.get_service("echo")
        reply = await self.client.blocking_send_message(
            b"hello mixnet", *service.to_destination(), timeout_seconds=60.0
        )
        self.assertTrue(reply.startswith(b"hello mixnet"))

    async def test_a_reply_is_waited_for(self):
        # The program of the module's page, which does not await its sending.
        events = []
        client = await self.started(on_message_reply=events.append, on_message_sent=events.append)
        surb_id = client.new_surb_id()
        client.send_message(surb_id, "hello mixnet", *client.get_service("echo").to_destination())
        await client.await_message_reply()
        while len(events) < 2:
            await asyncio.sleep(0)
        sent, reply = events
        self.assertEqual((sent["surbid"], sent["err"]), (surb_id, None))
        self.assertIsInstance(sent["sent_at"], int)
        self.assertIsInstance(sent["reply_eta"], int)
        self.assertEqual((reply["surbid"], reply["error_code"], reply["reply_index"]), (surb_id, 0, None))
        self.assertTrue(reply["payload"].startswith(b"hello mixnet"))

    async def test_sending_may_be_awaited_or_be_a_task(self):
        destination = self.client.get_service("echo").to_destination()
        self.assertIsNone(await self.client.send_message(self.client.new_surb_id(), b"one", *destination))
        task = asyncio.create_task(self.client.send_message_without_reply("two", *destination))
        self.assertIsNone(await task)
        await self.client.await_message_reply()

    async def test_the_document_lists_services(self):
        document = self.client.pki_document()
        self.assertEqual(self.client.pki_document_for_epoch(document["Epoch"]), document)
        self.assertEqual(self.client.pki_document_for_epoch(1), document)
        services = self.client.get_services("echo")
        self.assertIsInstance(services[0], ServiceDescriptor)
        # The library finds the same ones by itself.
        with self.client._client.get_services("echo") as known:
            self.assertEqual(
                [service.to_destination() for service in services], [(one.node, one.queue) for one in known]
            )
        node, queue = services[0].to_destination()
        self.assertEqual(node, blake2_256_sum(services[0].mix_descriptor["IdentityKey"]))
        self.assertEqual(find_services("nothing", document), [])
        with self.assertRaises(Exception):
            self.client.get_service("nothing")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            self.client.pretty_print_pki_doc(document)
        self.assertIn("Kaetzchen", output.getvalue())

    async def test_the_signed_document_and_who_signs(self):
        raw, epoch = await self.client.get_pki_document_raw()
        self.assertEqual(epoch, self.client.pki_document()["Epoch"])
        self.assertTrue(raw)
        authorities = await self.client.get_directory_authorities()
        self.assertTrue(authorities)
        self.assertEqual(len(authorities[0]["identity_key_hash"]), 32)
        self.assertIsInstance(authorities[0]["addresses"], list)


class Boxes(Started):
    async def test_what_is_written_is_read(self):
        keys = await self.keypair()
        following = await self.fill(keys, [b"hello"])
        self.assertEqual(following, await self.client.next_message_box_index(keys.first_index))
        counter = await self.client.get_message_box_index_counter(keys.first_index)
        self.assertEqual(await self.client.get_message_box_index_counter(following), counter + 1)
        # As the how-to does: without an index.
        made = await self.client.encrypt_read(keys.read_cap, keys.first_index)
        result = await self.client.start_resending_encrypted_message(
            read_cap=keys.read_cap, write_cap=None, next_message_index=None, reply_index=None,
            envelope_descriptor=made.envelope_descriptor, message_ciphertext=made.message_ciphertext,
            envelope_hash=made.envelope_hash,
        )
        self.assertEqual(result.plaintext, b"hello")
        self.assertEqual(made.next_message_box_index, following)
        couriers = self.client.get_all_couriers()
        self.assertIn((result.courier_identity_hash, result.courier_queue_id), couriers)

    async def test_both_names_of_an_index(self):
        keys = await self.keypair()
        await self.fill(keys, [b"hello"])
        # The client that asks has not encrypted it, so it needs the index.
        other = await self.started()
        for name in ("message_box_index", "next_message_index"):
            made = await other.encrypt_read(keys.read_cap, keys.first_index)
            result = await self.client.start_resending_encrypted_message(
                read_cap=keys.read_cap, write_cap=None, reply_index=None,
                envelope_descriptor=made.envelope_descriptor, message_ciphertext=made.message_ciphertext,
                envelope_hash=made.envelope_hash, **{name: keys.first_index},
            )
            self.assertEqual(result.plaintext, b"hello")

    async def test_a_seed_makes_the_same_keys_again(self):
        self.assertEqual(await self.client.new_keypair(bytes(32)), await self.client.new_keypair(bytes(32)))
        with self.assertRaises(ValueError):
            await self.client.new_keypair(b"short")

    async def test_what_is_missing_is_a_value_error(self):
        keys = await self.keypair()
        for wrong in (
            self.client.encrypt_read(None, keys.first_index),
            self.client.encrypt_write(b"", keys.write_cap, None),
            self.client.encrypt_read(keys.read_cap[:10], keys.first_index),
            self.client.create_courier_envelopes_from_multi_payload([], True, True),
            self.client.start_resending_copy_command(keys.write_cap, bytes(32)),
        ):
            with self.assertRaises(ValueError):
                await wrong

    async def test_boxes_in_a_row_are_deleted(self):
        keys = await self.keypair()
        behind = await self.fill(keys, [b"one", b"two"])
        range_ = await self.client.tombstone_range(keys.write_cap, keys.first_index, 2)
        self.assertEqual(range_.next, behind)
        self.assertEqual(range_.envelopes[0].box_index, keys.first_index)
        for envelope in range_.envelopes:
            await self.write(keys.write_cap, envelope)
        with self.assertRaises(kpclient.thinclient.TombstoneError):
            await self.read(keys.read_cap, keys.first_index)

    async def test_a_copy_writes_to_two_streams(self):
        one, two, temporary = await self.keypair(), await self.keypair(), await self.keypair()
        first = await self.client.create_courier_envelopes_from_multi_payload(
            [{"payload": b"to one", "write_cap": one.write_cap, "start_index": one.first_index}],
            is_start=True, is_last=False, buffer=None,
        )
        second = await self.client.create_courier_envelopes_from_multi_payload(
            [{"payload": b"to two", "write_cap": two.write_cap, "start_index": two.first_index}],
            is_start=False, is_last=True, buffer=first.buffer,
        )
        self.assertEqual(second.next_dest_indices, [await self.client.next_message_box_index(two.first_index)])
        await self.fill(temporary, first.envelopes + second.envelopes)
        await self.client.start_resending_copy_command(
            temporary.write_cap, *self.client.get_distinct_couriers(1)[0]
        )
        self.assertEqual((await self.read(one.read_cap, one.first_index)).plaintext, b"to one")
        self.assertEqual((await self.read(two.read_cap, two.first_index)).plaintext, b"to two")

    async def test_a_copy_deletes_what_another_one_wrote(self):
        keys = await self.keypair()
        for made in (
            await self.client.create_courier_envelopes_from_payload(
                b"copied", keys.write_cap, keys.first_index, is_start=True, is_last=True
            ),
            await self.client.create_courier_envelopes_from_tombstone_range(
                keys.write_cap, keys.first_index, 1, is_start=True, is_last=True, buffer=None
            ),
        ):
            self.assertEqual(made.next_dest_index, await self.client.next_message_box_index(keys.first_index))
            temporary = await self.keypair()
            await self.fill(temporary, made.envelopes)
            await self.client.start_resending_copy_command(temporary.write_cap)
        with self.assertRaises(kpclient.thinclient.TombstoneError):
            await self.read(keys.read_cap, keys.first_index)

    async def test_a_voucher_lets_somebody_join(self):
        keys = await self.keypair()
        minted = await self.client.voucher_mint(keys.write_cap, "joiner")
        stream = await self.client.voucher_derive_stream(minted.voucher)
        self.assertEqual(stream.voucher_read_cap, minted.voucher_read_cap)
        inducted = await self.client.voucher_induct(minted.voucher, minted.voucher_payload, b"welcome")
        self.assertEqual(inducted.display_name, "joiner")
        self.assertEqual(inducted.voucher_write_cap, minted.voucher_write_cap)
        opened = await self.client.voucher_open(minted.voucher_secret_key, inducted.sealed_reply, keys.write_cap)
        self.assertEqual((opened.who_reply, opened.salt), (b"welcome", inducted.salt))
        # A capability ends with its first index.
        cap, index = opened.mutated_message_write_cap, opened.mutated_message_write_cap[-104:]
        await self.write(cap, await self.client.encrypt_write(b"as a member", cap, index))
        self.assertEqual((await self.read(inducted.mutated_message_read_cap, index)).plaintext, b"as a member")


class OlderDaemon(Started):
    options = ("--protocol", "v0.0.72", "--config-flat")

    async def test_a_reliable_message_is_answered(self):
        replies = []
        self.client.config.on_message_reply = replies.append
        message_id = ThinClient.new_message_id()
        self.client.send_reliable_message(message_id, "hello", *self.client.get_service("echo").to_destination())
        await self.client.await_message_reply()
        while not replies:
            await asyncio.sleep(0)
        self.assertEqual(replies[0]["message_id"], message_id)
        self.assertTrue(replies[0]["payload"].startswith(b"hello"))
        # These daemons send no geometry, so it is that of the file.
        self.assertGreater(self.client.geometry.UserForwardPayloadLength, 1000)
