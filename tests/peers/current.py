"""Every call of today's Python client, on today's simulator, each with the values that come back.

Left out, as the client itself cannot pass them: a read that waits for a box written later (it repeats one
envelope for ever, whose look-ups are spent within a moment on a quick network), and whatever reaches for
attributes that are private.
"""
import asyncio
import hashlib
import os

import katzenpost_thinclient as kp

from boxes import (
    connected, in_table, one_more_packet, read, read_all, says, start_read, stream, write, write_all,
)
from harness import raises, same, until


def digest(data):
    return hashlib.blake2b(data, digest_size=32).digest()


async def test_connect_tells_status_geometries_and_document(simulator):
    async with connected(simulator) as client:
        same("connected", client.is_connected(), True)
        status = client.events.of("status")[0]
        same("status", (status["is_connected"], status["err"]), (True, None))
        same("token", status["instance_token"].hex(), simulator.stats()["instance_token"])
        same("largest box", client.pigeonhole_geometry.max_plaintext_payload_length, 1549)
        same("scheme", client.pigeonhole_geometry.nike_name, "CTIDH1024-X25519")
        same("hops", client.geometry.NrHops, 5)
        same("own token", len(client.instance_token), 16)
        document = client.pki_document()
        same("epoch", document["Epoch"], simulator.stats()["epoch"])
        same("by epoch", client.pki_document_for_epoch(document["Epoch"])["Epoch"], document["Epoch"])
        same("layers", len(document["Topology"]), 3)


async def test_services_by_name_and_their_destination(simulator):
    async with connected(simulator) as client:
        for name, wanted in (("echo", b"+echo"), ("testdest", b"+testdest"), ("courier", b"courier")):
            found = client.get_services(name)
            chosen = client.get_service(name)
            same("one of them", chosen.to_destination() in [one.to_destination() for one in found], True)
            node, queue = chosen.to_destination()
            same("node", node, digest(chosen.mix_descriptor["IdentityKey"]))
            same("queue", queue, wanted)
        same("by document", len(kp.find_services("echo", client.pki_document())),
             len(client.get_services("echo")))
        try:
            client.get_service("nothing of this name")
        except Exception as error:
            says(error, "service not found in pki doc")
        else:
            raise AssertionError("a service that there is not was found")


async def test_identifiers_are_random(simulator):
    async with connected(simulator) as client:
        for make in (client.new_message_id, client.new_surb_id, client.new_query_id):
            one, two = make(), make()
            same("size", (len(one), len(two)), (16, 16))
            same("alike", one == two, False)


async def test_a_blocking_message_gives_the_reply(simulator):
    async with connected(simulator) as client:
        for name in ("echo", "testdest"):
            destination = client.get_service(name).to_destination()
            for payload, wanted in ((b"over there", b"over there"), ("and back", b"and back")):
                reply = await client.blocking_send_message(payload, *destination)
                same("echo", reply.rstrip(b"\0"), wanted)
                same("padded", len(reply), 2574)


async def test_a_message_gives_a_sent_event_and_a_reply_event(simulator):
    async with connected(simulator) as client:
        surb = client.new_surb_id()
        await client.send_message(surb, b"ping", *client.get_service("echo").to_destination())
        await until("reply", lambda: client.events.of("reply"))
        sent, reply = client.events.of("sent")[0], client.events.of("reply")[0]
        same("of one message", (sent["surbid"], reply["surbid"]), (surb, surb))
        same("no error", (sent.get("err"), reply["error_code"]), (None, 0))
        same("payload", reply["payload"].rstrip(b"\0"), b"ping")
        kinds = [kind for kind, _ in client.events.all]
        same("order", kinds.index("sent") < kinds.index("reply"), True)


async def test_a_message_without_reply_is_sent(simulator):
    async with connected(simulator) as client:
        before = simulator.stats()["packets"]
        destination = client.get_service("echo").to_destination()
        await client.send_message_without_reply(b"nobody answers", *destination)
        await until("packet", lambda: simulator.stats()["packets"] == before + 1)
        same("events", client.events.of("reply"), [])


async def test_offline_refuses_messages_and_tells(simulator):
    async with connected(simulator) as client:
        destination = client.get_service("echo").to_destination()
        simulator.control("offline")
        try:
            await until("event", lambda: not client.is_connected())
            for call in (client.send_message(client.new_surb_id(), b"x", *destination),
                         client.send_message_without_reply(b"x", *destination),
                         client.blocking_send_message(b"x", *destination)):
                await raises(kp.ThinClientOfflineError, call)
            # What needs no network goes on.
            same("local call", len((await stream(client)).write_cap), 168)
        finally:
            simulator.control("online")
        await until("event", client.is_connected)
        await until("told", lambda: len(client.events.of("status")) >= 3)
        same("states", [event["is_connected"] for event in client.events.of("status")][:3], [True, False, True])


async def test_keys_of_one_seed_are_the_same_and_indices_go_on(simulator):
    async with connected(simulator) as client:
        one, two = await client.new_keypair(b"\7" * 32), await client.new_keypair(b"\7" * 32)
        same("same keys", one, two)
        same("sizes", (len(one.write_cap), len(one.read_cap), len(one.first_message_index)), (168, 136, 104))
        same("first index", one.write_cap[-104:], one.first_message_index)
        same("first index", one.read_cap[-104:], one.first_message_index)
        other = await client.new_keypair(b"\x08" * 32)
        same("alike", one.write_cap == other.write_cap, False)
        index = one.first_message_index
        first = await client.get_message_box_index_counter(index)
        same("counter", first, int.from_bytes(index[:8], "little"))
        for step in range(1, 4):
            index = await client.next_message_box_index(index)
            same("counter", await client.get_message_box_index_counter(index), first + step)


async def test_a_box_comes_back_as_it_was_written(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        largest = client.pigeonhole_geometry.max_plaintext_payload_length
        index = keys.first_message_index
        texts = [b"a", b"\0" * 17, os.urandom(largest)]
        for text in texts:
            following = await write(client, keys.write_cap, index, text)
            same("next", following, await client.next_message_box_index(index))
            index = following
        index = keys.first_message_index
        for text in texts:
            result, index = await start_read(client, keys.read_cap, index)
            same("plaintext", result.plaintext, text)
            courier = (result.courier_identity_hash, result.courier_queue_id)
            same("courier", courier in [one.to_destination() for one in client.get_services("courier")], True)


async def test_what_fits_no_box_is_refused(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        largest = client.pigeonhole_geometry.max_plaintext_payload_length
        error = await raises(
            Exception, client.encrypt_write(bytes(largest + 1), keys.write_cap, keys.first_message_index))
        says(error, "encrypt_write failed: Invalid request")


async def test_reads_without_retry_say_that_nothing_is_there(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        error = await raises(kp.BoxIDNotFoundError, read(client, keys.read_cap, keys.first_message_index))
        same("expected", kp.is_expected_outcome(error), True)


async def test_a_second_write_keeps_the_first_and_says_so_when_asked(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        index = keys.first_message_index
        await write(client, keys.write_cap, index, b"first", no_idempotent_box_already_exists=True)
        await write(client, keys.write_cap, index, b"second")
        error = await raises(kp.BoxAlreadyExistsError, write(
            client, keys.write_cap, index, b"third", no_idempotent_box_already_exists=True))
        same("expected", kp.is_expected_outcome(error), True)
        same("kept", (await read(client, keys.read_cap, index))[0], b"first")


async def test_cancel_ends_a_read_and_leaves_nothing(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        index = keys.first_message_index
        made = await client.encrypt_read(keys.read_cap, index)
        waiting = asyncio.create_task(client.start_resending_encrypted_message(
            keys.read_cap, None, index, 0, made.envelope_descriptor, made.message_ciphertext,
            made.envelope_hash))
        await one_more_packet(simulator)
        await client.cancel_resending_encrypted_message(made.envelope_hash)
        error = await raises(kp.StartResendingCancelledError, waiting)
        same("expected", kp.is_expected_outcome(error), False)
        await in_table(simulator, 0)
        # Nothing under way is no error.
        await client.cancel_resending_encrypted_message(os.urandom(32))


async def test_tombstones_delete_a_range(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        index = keys.first_message_index
        for text in (b"1", b"2", b"3"):
            index = await write(client, keys.write_cap, index, text)
        made = await client.tombstone_range(keys.write_cap, keys.first_message_index, 2)
        same("envelopes", len(made.envelopes), 2)
        for envelope in made.envelopes:
            await client.start_resending_encrypted_message(
                None, keys.write_cap, envelope.box_index, None, envelope.envelope_descriptor,
                envelope.message_ciphertext, envelope.envelope_hash)
        for envelope in made.envelopes:
            error = await raises(kp.TombstoneError, read(client, keys.read_cap, envelope.box_index))
            same("expected", kp.is_expected_outcome(error), True)
        same("the one after", (await read(client, keys.read_cap, made.next))[0], b"3")
        # An empty plaintext is a tombstone too.
        await write(client, keys.write_cap, made.next, b"")
        await raises(kp.TombstoneError, read(client, keys.read_cap, made.next))


async def test_a_payload_is_copied_to_one_destination(simulator):
    async with connected(simulator) as client:
        target, temporary = await stream(client), await stream(client)
        payload = os.urandom(4000)
        made = await client.create_courier_envelopes_from_payload(
            payload, target.write_cap, target.first_message_index, True, True)
        await write_all(client, temporary.write_cap, temporary.first_message_index, made.envelopes)
        courier = client.get_service("courier").to_destination()
        await client.start_resending_copy_command(temporary.write_cap, *courier)
        found, following = await read_all(client, target.read_cap, target.first_message_index, made.next_dest_index)
        same("payload", found, payload)
        same("next", made.next_dest_index, following)
        # The copy stream stays readable, as the courier's tombstones do not take.
        kept, _ = await read(client, temporary.read_cap, temporary.first_message_index)
        same("copy stream", kept, made.envelopes[0])


async def test_payloads_are_copied_to_several_destinations_in_two_calls(simulator):
    async with connected(simulator) as client:
        targets = [await stream(client) for _ in range(3)]
        temporary = await stream(client)
        payloads = [b"for the first", b"for the second", b"for the third"]
        parts = [{"payload": text, "write_cap": keys.write_cap, "start_index": keys.first_message_index}
                 for text, keys in zip(payloads, targets)]
        begun = await client.create_courier_envelopes_from_multi_payload(parts[:2], True, False)
        same("kept for the next call", begun.buffer is not None, True)
        ended = await client.create_courier_envelopes_from_multi_payload(
            parts[2:], False, True, begun.buffer)
        elements = (begun.envelopes or []) + ended.envelopes
        await write_all(client, temporary.write_cap, temporary.first_message_index, elements)
        await client.start_resending_copy_command(temporary.write_cap)
        following = begun.next_dest_indices + ended.next_dest_indices
        for text, keys, index in zip(payloads, targets, following):
            same("next", index, await client.next_message_box_index(keys.first_message_index))
            same("payload", (await read(client, keys.read_cap, keys.first_message_index))[0], text)


async def test_a_range_is_deleted_by_copy(simulator):
    async with connected(simulator) as client:
        target, temporary = await stream(client), await stream(client)
        index = target.first_message_index
        for text in (b"1", b"2", b"3"):
            index = await write(client, target.write_cap, index, text)
        made = await client.create_courier_envelopes_from_tombstone_range(
            target.write_cap, target.first_message_index, 2, True, True)
        same("nothing left to pass on", not made.buffer, True)
        await write_all(client, temporary.write_cap, temporary.first_message_index, made.envelopes)
        await client.start_resending_copy_command(temporary.write_cap)
        index = target.first_message_index
        for _ in range(2):
            await raises(kp.TombstoneError, read(client, target.read_cap, index))
            index = await client.next_message_box_index(index)
        same("next", made.next_dest_index, index)
        same("the one after", (await read(client, target.read_cap, index))[0], b"3")


async def test_a_copy_of_what_is_no_envelope_fails_and_says_where(simulator):
    async with connected(simulator) as client:
        temporary = await stream(client)
        await write(client, temporary.write_cap, temporary.first_message_index, b"no element of a copy")
        error = await raises(
            kp.CopyCommandFailedError, client.start_resending_copy_command(temporary.write_cap))
        same("where", (error.replica_error_code, error.failed_envelope_index), (0, 1))


async def test_cancel_ends_a_copy(simulator):
    async with connected(simulator) as client:
        temporary = await stream(client)
        waiting = asyncio.create_task(client.start_resending_copy_command(temporary.write_cap))
        await in_table(simulator, 1)
        await client.cancel_resending_copy_command(digest(temporary.write_cap))
        await raises(kp.StartResendingCancelledError, waiting)
        await in_table(simulator, 0)


async def test_vouchers_lead_two_strangers_to_one_stream(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        minted = await client.voucher_mint(keys.write_cap, "Alice")
        # What anyone can compute from what is published.
        same("voucher", minted.voucher, digest(minted.voucher_payload))
        same("sizes", [len(part) for part in (minted.voucher_payload, minted.voucher_secret_key,
                                              minted.voucher_public_key)], [450 + len("Alice"), 162, 160])
        derived = await client.voucher_derive_stream(minted.voucher)
        same("caps", (derived.voucher_write_cap, derived.voucher_read_cap),
             (minted.voucher_write_cap, minted.voucher_read_cap))
        index = derived.voucher_read_cap[-104:]
        index = await write(client, minted.voucher_write_cap, index, minted.voucher_payload)
        payload, index = await read(client, derived.voucher_read_cap, derived.voucher_read_cap[-104:])
        inducted = await client.voucher_induct(minted.voucher, payload, b"who we are")
        same("name", inducted.display_name, "Alice")
        same("size", len(inducted.sealed_reply), 356 + len(b"who we are"))
        same("caps", inducted.voucher_write_cap, minted.voucher_write_cap)
        await write(client, inducted.voucher_write_cap, index, inducted.sealed_reply)
        sealed, _ = await read(client, minted.voucher_read_cap, index)
        opened = await client.voucher_open(minted.voucher_secret_key, sealed, keys.write_cap)
        same("reply", (opened.who_reply, opened.salt), (b"who we are", inducted.salt))
        same("salt", len(opened.salt), 32)
        same("one stream", opened.mutated_message_write_cap[32:], inducted.mutated_message_read_cap)
        await write(client, opened.mutated_message_write_cap, opened.mutated_message_write_cap[-104:], b"hello")
        found, _ = await read(
            client, inducted.mutated_message_read_cap, inducted.mutated_message_read_cap[-104:])
        same("message", found, b"hello")


async def test_vouchers_that_were_tampered_with_are_refused(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        minted = await client.voucher_mint(keys.write_cap, "Alice")
        other = bytes([minted.voucher[0] ^ 1]) + minted.voucher[1:]
        error = await raises(Exception, client.voucher_induct(other, minted.voucher_payload, b""))
        says(error, "voucher_induct failed: "
             + kp.thin_client_error_to_string(kp.THIN_CLIENT_ERROR_VOUCHER_HASH_MISMATCH))
        inducted = await client.voucher_induct(minted.voucher, minted.voucher_payload, b"who")
        spoilt = inducted.sealed_reply[:-1] + bytes([inducted.sealed_reply[-1] ^ 1])
        error = await raises(
            Exception, client.voucher_open(minted.voucher_secret_key, spoilt, keys.write_cap))
        says(error, "voucher_open failed: "
             + kp.thin_client_error_to_string(kp.THIN_CLIENT_ERROR_VOUCHER_SEAL_OPEN_FAILED))
        error = await raises(Exception, client.voucher_derive_stream(b"short"))
        says(error, "voucher_derive_stream failed: Invalid request")


async def test_authorities_and_the_signed_document(simulator):
    async with connected(simulator) as client:
        authorities = await client.get_directory_authorities()
        same("authorities", len({one["identity_key_hash"] for one in authorities}), 3)
        for one in authorities:
            same("key", "BEGIN" in one["identity_public_key_pem"], True)
        epoch = client.pki_document()["Epoch"]
        document, of = await client.get_pki_document_raw()
        same("epoch", of, epoch)
        for one in authorities:
            same("signed by it", one["identity_key_hash"] in document, True)
        same("by epoch", await client.get_pki_document_raw(epoch), (document, epoch))
        error = await raises(Exception, client.get_pki_document_raw(1))
        says(error, "get_pki_document_raw failed for epoch 1: Service unavailable")


async def test_errors_of_replicas_and_couriers_by_name(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        index = keys.first_message_index
        await write(client, keys.write_cap, index, b"there")
        for code, wanted in ((2, kp.InvalidBoxIDError), (3, kp.InvalidSignatureError),
                             (5, kp.InvalidPayloadError), (7, kp.ReplicaInternalError),
                             (8, kp.InvalidEpochError), (9, kp.ReplicationFailedError),
                             (4, kp.DatabaseFailureError)):
            simulator.control(f"fault replica-read {code} 2")
            await raises(wanted, read(client, keys.read_cap, index))
            simulator.control("clear")
        simulator.control("fault damaged-box")
        await raises(kp.BACAPDecryptionFailedError, read(client, keys.read_cap, index))
        simulator.control("clear")
        simulator.control("fault damaged-answer")
        await raises(kp.MKEMDecryptionFailedError, read(client, keys.read_cap, index))
        simulator.control("clear")
        simulator.control("storage-full on")
        error = await raises(kp.StorageFullError, write(
            client, keys.write_cap, await client.next_message_box_index(index), b"x",
            no_idempotent_box_already_exists=True))
        simulator.control("storage-full off")
        same("expected", kp.is_expected_outcome(error), False)
        same("as before", (await read(client, keys.read_cap, index))[0], b"there")


async def test_a_new_epoch_brings_a_document(simulator):
    async with connected(simulator) as client:
        before = client.pki_document()["Epoch"]
        simulator.control("epoch-advance")
        await until("document", lambda: client.pki_document()["Epoch"] == before + 1)
        same("the one before is kept", client.pki_document_for_epoch(before)["Epoch"], before)
        await until("told", lambda: len(client.events.of("document")) == 2)


async def test_a_restarted_daemon_gets_the_read_again(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        token = simulator.stats()["instance_token"]
        index = keys.first_message_index
        made = await client.encrypt_read(keys.read_cap, index)
        waiting = asyncio.create_task(client.start_resending_encrypted_message(
            keys.read_cap, None, index, 0, made.envelope_descriptor, made.message_ciphertext,
            made.envelope_hash))
        await one_more_packet(simulator)
        simulator.control("restart")
        await until("disconnected", lambda: client.events.of("disconnected"))
        same("graceful", client.events.of("disconnected")[0]["is_graceful"], False)
        # A new instance, to which the client sends of itself what had no answer.
        await until("new", lambda: simulator.stats()["instance_token"] != token)
        await one_more_packet(simulator)
        await client.cancel_resending_encrypted_message(made.envelope_hash)
        await raises(kp.StartResendingCancelledError, waiting)
        same("told", client.events.of("status")[-1]["instance_token"].hex(),
             simulator.stats()["instance_token"])


async def test_nothing_is_left_behind(simulator):
    """After all the others: no session, no envelope and no copy stays at the daemon."""
    await until("sessions", lambda: simulator.stats()["connections"] == 0)
    stats = simulator.stats()
    same("table", (simulator.arq(), stats["queued"], stats["sessions"]), ([], 0, 0))
