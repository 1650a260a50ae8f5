"""Where the drop-in does something else than the Python thin client, as the README says; and what that client has
and the library had to learn."""

import asyncio

import kpclient
from case import Simulated
from kpclient import thinclient
from kpclient.thinclient import Config, ThinClient
from test_thinclient import Started


class Differences(Started):
    async def reading(self, keys):
        """A read of the first box that is under way, and its envelope."""
        made = await self.client.encrypt_read(keys.read_cap, keys.first_index)
        before = self.simulator.stats()["packets"]
        read = asyncio.ensure_future(self.start(keys, made))
        while self.simulator.stats()["packets"] == before:
            await asyncio.sleep(0)
        return made, read

    def start(self, keys, made, **more):
        return self.client.start_resending_encrypted_message(
            keys.read_cap, None, keys.first_index, None, made.envelope_descriptor, made.message_ciphertext,
            made.envelope_hash, **more,
        )

    async def test_a_read_sends_other_envelopes_than_the_given_one(self):
        keys = await self.keypair()
        _, read = await self.reading(keys)
        # One packet takes an envelope to a courier, and one fetches the answer.
        begun = self.simulator.stats()["packets"]
        while self.simulator.stats()["packets"] < begun + 2:
            await asyncio.sleep(0)
        await self.fill(keys, [b"late"])
        self.assertEqual((await read).plaintext, b"late")

    async def test_the_same_envelope_twice_at_once_is_an_error(self):
        keys = await self.keypair()
        made, read = await self.reading(keys)
        with self.assertRaises(kpclient.Busy):
            await self.start(keys, made)
        await self.client.cancel_resending_encrypted_message(made.envelope_hash)
        with self.assertRaises(thinclient.StartResendingCancelledError):
            await read

    async def test_a_cancelled_task_ends_the_work_of_the_daemon(self):
        # A copy of a stream that nobody has written stays in the daemon's table.
        copy = asyncio.ensure_future(self.client.start_resending_copy_command((await self.keypair()).write_cap))
        while self.simulator.say("arq") == "[]":
            await asyncio.sleep(0)
        copy.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await copy
        # The call returns at once, and the daemon learns of it a moment later.
        while self.simulator.say("arq") != "[]":
            await asyncio.sleep(0)

    async def test_a_read_goes_on_after_a_lost_connection(self):
        keys = await self.keypair()
        _, read = await self.reading(keys)
        lost = asyncio.get_running_loop().create_future()
        self.client.config.on_daemon_disconnected = lost.set_result
        self.simulator.say("cut")
        await lost
        self.assertEqual(len(self.client.instance_token), 16)
        await self.fill(keys, [b"in spite of it"])
        self.assertEqual((await read).plaintext, b"in spite of it")

    async def test_indices_need_no_daemon(self):
        keys = await self.keypair()
        self.client.stop()
        index = await self.client.next_message_box_index(keys.first_index)
        counter = await self.client.get_message_box_index_counter(index)
        self.assertEqual(counter, await self.client.get_message_box_index_counter(keys.first_index) + 1)


class Learnt(Started):
    async def test_an_envelope_needs_no_next_index(self):
        # What a program has written down: the parts that the call takes, and no others.
        keys = await self.keypair()
        made = await self.client.encrypt_write(b"from a log", keys.write_cap, keys.first_index)
        parts = {name: getattr(made, name) for name in ("envelope_descriptor", "message_ciphertext", "envelope_hash")}
        self.client.stop()
        self.client = await self.started()
        await self.client.start_resending_encrypted_message(None, keys.write_cap, None, None, **parts)
        self.assertEqual((await self.read(keys.read_cap, keys.first_index)).plaintext, b"from a log")

    async def test_a_name_may_hold_any_character(self):
        minted = await self.client.voucher_mint((await self.keypair()).write_cap, "jo\0iner ñ")
        inducted = await self.client.voucher_induct(minted.voucher, minted.voucher_payload, b"")
        self.assertEqual(inducted.display_name, "jo\0iner ñ")

    async def test_the_error_of_a_status_is_what_the_daemon_sent(self):
        errors = asyncio.Queue()
        self.client.config.on_connection_status = lambda event: errors.put_nowait(event["err"])
        sent = {"646f6f7073": "oops", "a1646b696e6402": {"kind": 2}, "820143fffefd": [1, b"\xff\xfe\xfd"]}
        for cbor, value in sent.items():
            self.simulator.say(f"offline {cbor}")
            self.assertEqual(await errors.get(), value)
            self.simulator.say("online")
            self.assertIsNone(await errors.get())

    async def test_a_message_that_could_not_be_sent_says_why(self):
        sent = asyncio.Queue()
        self.client.config.on_message_sent = sent.put_nowait
        destination = self.client.get_service("echo").to_destination()
        surb_id = self.client.new_surb_id()
        await self.client.send_message(surb_id, b"", bytes(32), destination[1])
        event = await sent.get()
        self.assertEqual(event["surbid"], surb_id)
        self.assertTrue(event["err"])

    async def test_the_token_of_a_client_is_its_own(self):
        other = await self.started()
        self.assertNotEqual(self.client.instance_token, other.instance_token)
        token = other.instance_token
        other.disconnect()
        self.assertEqual(other.instance_token, token)
        self.assertIsNone(ThinClient(Config(self.simulator.config)).instance_token)

    async def test_calls_are_functions_too(self):
        keys = await thinclient.new_keypair(self.client, bytes(32))
        self.assertEqual(keys, await self.client.new_keypair(bytes(32)))
        made = await thinclient.pigeonhole.encrypt_write(self.client, b"hello", keys.write_cap, keys.first_index)
        await self.write(keys.write_cap, made)
        self.assertIs(self.client.pki_doc, self.client.pki_document())


class NotStarted(Simulated):
    async def test_a_client_that_is_not_started_says_so(self):
        client = ThinClient(Config(self.simulator.config))
        self.assertFalse(client.is_connected())
        self.assertIsNone(client.geometry)
        self.assertIsNone(client.pki_document())
        with self.assertRaises(BrokenPipeError):
            await client.new_keypair(bytes(32))
        with self.assertRaises(thinclient.ThinClientOfflineError):
            await client.send_message(client.new_surb_id(), b"", bytes(32), b"+echo")
        client.stop()
