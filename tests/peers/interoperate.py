"""Today's Python client and the library at one simulator: what one makes the other takes, both ways."""
import asyncio
import os
import tempfile

import katzenpost_thinclient as kp

from boxes import connected, read, read_all, stream, write, write_all
from harness import raises, same
from library import Library, LibraryError
from simulator import Simulator

NO_RETRY = 1


def fails(wanted, call, *arguments):
    try:
        value = call(*arguments)
    except LibraryError as error:
        same("status", str(error), wanted)
    else:
        raise AssertionError(f"{wanted} wanted, got {value!r}")


async def test_both_make_the_same_keys_and_indices(simulator):
    async with connected(simulator) as client:
        with Library(simulator) as library:
            for seed in (bytes(range(32)), b"\7" * 32, os.urandom(32)):
                keys = await client.new_keypair(seed)
                same("keys", library.new_keypair(seed), (keys.write_cap, keys.read_cap, keys.first_message_index))
                index = keys.first_message_index
                for _ in range(3):
                    same("counter", library.counter(index), await client.get_message_box_index_counter(index))
                    following = library.next_index(index)
                    same("next", following, await client.next_message_box_index(index))
                    index = following


async def test_the_library_reads_what_the_client_wrote(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        texts = [b"a", bytes(17), os.urandom(client.pigeonhole_geometry.max_plaintext_payload_length)]
        await write_all(client, keys.write_cap, keys.first_message_index, texts)
        with Library(simulator) as library:
            index = keys.first_message_index
            for text in texts:
                found, index = library.read(keys.read_cap, index)
                same("plaintext", found, text)
            fails("KPC_ERR_BOX_ID_NOT_FOUND", library.read, keys.read_cap, index, NO_RETRY)


async def test_the_client_reads_what_the_library_wrote(simulator):
    async with connected(simulator) as client:
        with Library(simulator) as library:
            writer, reader, first = library.new_keypair(os.urandom(32))
            texts = [b"a", bytes(17), os.urandom(client.pigeonhole_geometry.max_plaintext_payload_length)]
            index = first
            for text in texts:
                index = library.write(writer, index, text)
        index = first
        for text in texts:
            found, index = await read(client, reader, index)
            same("plaintext", found, text)
        await raises(kp.BoxIDNotFoundError, read(client, reader, index))


async def test_the_library_waits_for_a_box_that_the_client_writes(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        with Library(simulator) as library:
            waiting = asyncio.create_task(
                asyncio.to_thread(library.read, keys.read_cap, keys.first_message_index))
            looked = simulator.stats()["requests"].get("start_resending_encrypted_message", 0)
            while simulator.stats()["requests"].get("start_resending_encrypted_message", 0) < looked + 2:
                await asyncio.sleep(0.005)
            await write(client, keys.write_cap, keys.first_message_index, b"at last")
            same("plaintext", (await waiting)[0], b"at last")


async def test_a_box_of_one_is_there_already_for_the_other(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        index = keys.first_message_index
        with Library(simulator) as library:
            following = library.write(keys.write_cap, index, b"the library's")
            await raises(kp.BoxAlreadyExistsError, write(
                client, keys.write_cap, index, b"other", no_idempotent_box_already_exists=True))
            await write(client, keys.write_cap, following, b"the client's")
            fails("KPC_ERR_BOX_ALREADY_EXISTS", library.write, keys.write_cap, following, b"other")
        same("plaintext", await read(client, keys.read_cap, index), (b"the library's", following))


async def test_a_tombstone_of_one_deletes_for_the_other(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        first = keys.first_message_index
        second = await write(client, keys.write_cap, first, b"1")
        await write(client, keys.write_cap, second, b"2")
        with Library(simulator) as library:
            library.tombstone(keys.write_cap, first)
            await raises(kp.TombstoneError, read(client, keys.read_cap, first))
            await write(client, keys.write_cap, second, b"")
            fails("KPC_ERR_TOMBSTONE", library.read, keys.read_cap, second)


async def test_envelopes_of_one_are_sent_by_the_other(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        first = keys.first_message_index
        with Library(simulator) as library:
            made = await client.encrypt_write(b"sealed for another", keys.write_cap, first)
            library.start(None, keys.write_cap, first, made.message_ciphertext, made.envelope_descriptor,
                          made.envelope_hash)
            ciphertext, descriptor, digest = library.encrypt_read(keys.read_cap, first)
            result = await client.start_resending_encrypted_message(
                keys.read_cap, None, first, 0, descriptor, ciphertext, digest)
            same("plaintext", result.plaintext, b"sealed for another")
            second = made.next_message_box_index
            ciphertext, descriptor, digest = library.encrypt_write(keys.write_cap, second, b"and back")
            await client.start_resending_encrypted_message(
                None, keys.write_cap, second, None, descriptor, ciphertext, digest)
            made = await client.encrypt_read(keys.read_cap, second)
            same("plaintext", library.start(
                keys.read_cap, None, second, made.message_ciphertext, made.envelope_descriptor,
                made.envelope_hash, NO_RETRY), b"and back")


async def test_a_copy_of_the_clients_elements_by_the_library(simulator):
    async with connected(simulator) as client:
        target, temporary = await stream(client), await stream(client)
        payload = os.urandom(4000)
        made = await client.create_courier_envelopes_from_payload(
            payload, target.write_cap, target.first_message_index, True, True)
        with Library(simulator) as library:
            index = temporary.first_message_index
            for element in made.envelopes:
                index = library.write(temporary.write_cap, index, element)
            library.copy(temporary.write_cap)
        found = await read_all(client, target.read_cap, target.first_message_index, made.next_dest_index)
        same("payload", found, (payload, made.next_dest_index))


async def test_a_copy_of_the_librarys_elements_by_the_client(simulator):
    async with connected(simulator) as client:
        target, temporary = await stream(client), await stream(client)
        payload = os.urandom(4000)
        with Library(simulator) as library:
            elements, end = library.elements(payload, target.write_cap, target.first_message_index)
            await write_all(client, temporary.write_cap, temporary.first_message_index, elements)
            await client.start_resending_copy_command(temporary.write_cap)
            index, found = target.first_message_index, b""
            while index != end:
                part, index = library.read(target.read_cap, index)
                found += part
        same("payload", found, payload)


async def test_the_library_inducts_who_minted_with_the_client(simulator):
    async with connected(simulator) as client:
        keys = await stream(client)
        minted = await client.voucher_mint(keys.write_cap, "Alice")
        await write(client, minted.voucher_write_cap, minted.voucher_write_cap[-104:], minted.voucher_payload)
        with Library(simulator) as library:
            writer, reader = library.voucher_derive_stream(minted.voucher)
            same("stream", (writer, reader), (minted.voucher_write_cap, minted.voucher_read_cap))
            payload, index = library.read(reader, reader[-104:])
            inducted = library.voucher_induct(minted.voucher, payload, b"who we are")
            same("name", inducted["display_name"], b"Alice")
            library.write(writer, index, inducted["sealed_reply"])
            sealed, _ = await read(client, minted.voucher_read_cap, index)
            opened = await client.voucher_open(minted.voucher_secret_key, sealed, keys.write_cap)
            same("reply", (opened.who_reply, opened.salt), (b"who we are", inducted["salt"]))
            cap = opened.mutated_message_write_cap
            await write(client, cap, cap[-104:], b"hello")
            reader = inducted["message_read_cap"]
            same("message", library.read(reader, reader[-104:])[0], b"hello")


async def test_the_client_inducts_who_minted_with_the_library(simulator):
    async with connected(simulator) as client:
        with Library(simulator) as library:
            messages, _, _ = library.new_keypair(os.urandom(32))
            minted = library.voucher_mint(messages, "Bob")
            library.write(minted["writer"], minted["writer"][-104:], minted["payload"])
            derived = await client.voucher_derive_stream(minted["hash"])
            same("stream", (derived.voucher_write_cap, derived.voucher_read_cap),
                 (minted["writer"], minted["reader"]))
            payload, index = await read(client, derived.voucher_read_cap, derived.voucher_read_cap[-104:])
            inducted = await client.voucher_induct(minted["hash"], payload, b"who we are")
            same("name", inducted.display_name, "Bob")
            await write(client, derived.voucher_write_cap, index, inducted.sealed_reply)
            sealed, _ = library.read(minted["reader"], index)
            opened = library.voucher_open(minted["secret"], sealed, messages)
            same("reply", (opened["who_reply"], opened["salt"]), (b"who we are", inducted.salt))
            cap = opened["message_write_cap"]
            library.write(cap, cap[-104:], b"hello")
            reader = inducted.mutated_message_read_cap
            same("message", (await read(client, reader, reader[-104:]))[0], b"hello")


async def test_both_get_the_same_signed_document(simulator):
    async with connected(simulator) as client:
        with Library(simulator) as library:
            same("document", library.document_raw(), await client.get_pki_document_raw())


async def test_boxes_that_a_file_keeps_outlive_the_simulator(_):
    with tempfile.TemporaryDirectory(prefix="kpc-peers-") as directory:
        options = ("--instant", "--seed", "8", "--boxes", os.path.join(directory, "boxes"))
        with Simulator(*options) as simulator:
            async with connected(simulator) as client:
                keys = await stream(client)
                following = await write(client, keys.write_cap, keys.first_message_index, b"the client's")
        with Simulator(*options) as simulator:
            with Library(simulator) as library:
                same("plaintext", library.read(keys.read_cap, keys.first_message_index),
                     (b"the client's", following))
                library.write(keys.write_cap, following, b"the library's")
        with Simulator(*options) as simulator:
            async with connected(simulator) as client:
                same("plaintext", (await read(client, keys.read_cap, following))[0], b"the library's")
