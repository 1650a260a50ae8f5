"""What the programs on today's client share: a client, and boxes written and read with it."""
import asyncio
import contextlib
import os

import katzenpost_thinclient as kp

from harness import same, until


class Events:
    """Everything that the callbacks were given, in its order, as pairs of a kind and the event."""

    def __init__(self):
        self.all = []

    def __call__(self, kind):
        async def put(event):
            self.all.append((kind, event))
        return put

    def of(self, kind):
        return [event for name, event in self.all if name == kind]


@contextlib.asynccontextmanager
async def connected(simulator):
    """A client that is connected, with all five callbacks, its events in `events`."""
    events = Events()
    config = kp.Config(
        simulator.config,
        on_connection_status=events("status"), on_new_pki_document=events("document"),
        on_message_sent=events("sent"), on_message_reply=events("reply"),
        on_daemon_disconnected=events("disconnected"))
    client = kp.ThinClient(config)
    client.events = events
    await client.start(asyncio.get_running_loop())
    try:
        yield client
    finally:
        client.stop()
        # Its reader is only cancelled: a new socket of the same number would not be read before that has ended.
        if hasattr(client, "task"):
            await asyncio.wait([client.task])


async def stream(client):
    """A stream that nobody else has."""
    return await client.new_keypair(os.urandom(32))


async def write(client, writer, index, plaintext, **flags):
    """Writes a box; the index after it."""
    made = await client.encrypt_write(plaintext, writer, index)
    await client.start_resending_encrypted_message(
        None, writer, index, None, made.envelope_descriptor, made.message_ciphertext,
        made.envelope_hash, **flags)
    return made.next_message_box_index


async def start_read(client, reader, index, **flags):
    """Reads a box with one envelope; the whole answer, and the index after the box."""
    made = await client.encrypt_read(reader, index)
    result = await client.start_resending_encrypted_message(
        reader, None, index, 0, made.envelope_descriptor, made.message_ciphertext,
        made.envelope_hash, **flags)
    return result, made.next_message_box_index


async def read(client, reader, index):
    """What a box holds that is written, and the index after it."""
    result, following = await start_read(client, reader, index, no_retry_on_box_id_not_found=True)
    return result.plaintext, following


async def write_all(client, writer, index, elements):
    """Writes the elements of a copy stream, or whatever else, box after box."""
    for element in elements:
        index = await write(client, writer, index, element)


async def read_all(client, reader, index, end):
    """What the boxes from one index up to another hold, put together, and the index after the last."""
    count = await client.get_message_box_index_counter(end) - await client.get_message_box_index_counter(index)
    parts = []
    for _ in range(count):
        part, index = await read(client, reader, index)
        parts.append(part)
    return b"".join(parts), index


async def in_table(simulator, count):
    """Waits until the daemon has so many envelopes and copies under way."""
    await until("entries", lambda: simulator.stats()["arq_entries"] == count)


async def one_more_packet(simulator):
    """Waits until the daemon has sent another packet: what was started is under way."""
    before = simulator.stats()["packets"]
    await until("packet", lambda: simulator.stats()["packets"] > before)


def says(error, wanted):
    """What an exception of the client itself says. Those of another package of its interface say it in other
    words, and may be of classes of their own."""
    if kp.__name__ == "katzenpost_thinclient":
        same("exception", type(error), Exception)
        same("text", str(error), wanted)
    same("something is said", str(error) != "", True)
