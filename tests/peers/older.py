"""The Channel API through the Python client of its time, on the simulator of v0.0.72.

A channel is opened anew at the index where it is to go on, as that daemon does not move its ends. Left out, as
this client cannot do it: send_message_without_reply and send_reliable_message, whose requests have no id of a
SURB, over which that daemon falls with all its applications; and what the daemon answers with silence (a read
capability of a wrong length), on which the client waits for ever.
"""
import asyncio
import contextlib

import katzenpost_thinclient as kp

from harness import same, until

# A courier answers a query from the second sending on, and keeps what it found at the first. An envelope names
# one replica that has the box and any other: so a read is sent a few times, then prepared anew, many times.
SENDINGS, PREPARATIONS = 3, 40
# For a query that is to be the same one; without a reply index either replica may answer it each time.
LONG = 40


@contextlib.asynccontextmanager
async def connected(simulator):
    """A client that is connected; the events of its callbacks in `events`, as pairs."""
    events = []

    def put(kind):
        return lambda event: events.append((kind, event))
    client = kp.ThinClient(kp.Config(
        simulator.config, on_connection_status=put("status"), on_new_pki_document=put("document"),
        on_message_sent=put("sent"), on_message_reply=put("reply")))
    client.events = events
    await client.start(asyncio.get_running_loop())
    try:
        yield client
    finally:
        client.stop()
        # Its reader is only cancelled: a new socket of the same number would not be read before that has ended.
        await asyncio.wait([client.task])


def of(client, kind):
    return [event for name, event in client.events if name == kind]


async def send(client, channel, query, sendings=SENDINGS):
    """Sends a prepared query until something comes back; that, or nothing."""
    courier = await client.get_courier_destination()
    for _ in range(sendings):
        found = await client.send_channel_query_await_reply(
            channel, query.send_message_payload, *courier, client.new_message_id())
        if found:
            return found
    return b""


async def write(client, writer, index, plaintext):
    """Writes one box, on a channel of its own; the index after it."""
    channel = await client.resume_write_channel(writer, index)
    query = await client.write_channel(channel, plaintext)
    same("index", query.current_message_index, index)
    # A write is answered with nothing.
    same("answer", await send(client, channel, query, 1), b"")
    await client.close_channel(channel)
    return query.next_message_index


async def read(client, reader, index, reply_index=0):
    """Reads one box, on a channel of its own; what it holds and the index after it."""
    channel = await client.resume_read_channel(reader, index, reply_index)
    for _ in range(PREPARATIONS):
        query = await client.read_channel(channel, index, reply_index)
        found = await send(client, channel, query)
        if found:
            break
    await client.close_channel(channel)
    return found, query.next_message_index


async def refused(code, coroutine):
    try:
        value = await coroutine
    except Exception as error:
        same("code", str(error).rsplit(" ", 1)[1], str(code))
    else:
        raise AssertionError(f"refusal {code} wanted, got {value!r}")


async def test_connect_tells_status_and_document(simulator):
    async with connected(simulator) as client:
        same("connected", client.is_connected(), True)
        same("status", of(client, "status"), [{"is_connected": True, "err": None}])
        same("epoch", client.pki_document()["Epoch"], simulator.stats()["epoch"])
        geometry = client.get_config().geometry
        same("hops", geometry.NrHops, 5)


async def test_a_message_comes_back_from_the_echo_service(simulator):
    async with connected(simulator) as client:
        surb = client.new_surb_id()
        await client.send_message(surb, "over there", *client.get_service("echo").to_destination())
        await client.await_message_reply()
        sent, reply = of(client, "sent")[0], of(client, "reply")[0]
        same("of one message", (sent["surbid"], reply["surbid"]), (surb, surb))
        same("payload", reply["payload"].rstrip(b"\0"), b"over there")
        same("code", reply["error_code"], 0)


async def test_a_channel_is_written_and_read(simulator):
    async with connected(simulator) as alice, connected(simulator) as bob:
        channel, reader, writer = await alice.create_write_channel()
        same("sizes", (len(reader), len(writer)), (136, 168))
        same("first index", reader[-104:], writer[-104:])
        query = await alice.write_channel(channel, b"hello")
        same("first index", query.current_message_index, writer[-104:])
        same("answer", await send(alice, channel, query, 1), b"")
        reading = await bob.create_read_channel(reader)
        asked = await bob.read_channel(reading)
        same("indices", (asked.current_message_index, asked.next_message_index),
             (query.current_message_index, query.next_message_index))
        same("plaintext", await send(bob, reading, asked, LONG), b"hello")


async def test_boxes_in_a_row_come_back_in_order_from_both_replicas(simulator):
    async with connected(simulator) as client:
        _, reader, writer = await client.create_write_channel()
        index = writer[-104:]
        texts = [b"one", b"two", bytes(range(256)) * 5]
        for text in texts:
            index = await write(client, writer, index, text)
        for replica in (0, 1):
            index = reader[-104:]
            for text in texts:
                found, index = await read(client, reader, index, replica)
                same("plaintext", found, text)


async def test_a_box_that_is_not_there_is_answered_with_nothing(simulator):
    async with connected(simulator) as client:
        _, reader, _ = await client.create_write_channel()
        channel = await client.create_read_channel(reader)
        query = await client.read_channel(channel)
        same("nothing", await send(client, channel, query, 3), b"")


async def test_a_read_before_the_write_is_answered_by_a_query_prepared_anew(simulator):
    async with connected(simulator) as client:
        _, reader, writer = await client.create_write_channel()
        channel = await client.create_read_channel(reader)
        same("nothing", await send(client, channel, await client.read_channel(channel), 1), b"")
        await write(client, writer, writer[-104:], b"now it is")
        same("plaintext", (await read(client, reader, reader[-104:]))[0], b"now it is")


async def test_channels_are_resumed_with_their_query(simulator):
    async with connected(simulator) as client:
        channel, reader, writer = await client.create_write_channel()
        query = await client.write_channel(channel, b"kept")
        await client.close_channel(channel)
        again = await client.resume_write_channel_query(
            writer, query.current_message_index, query.envelope_descriptor, query.envelope_hash)
        same("answer", await send(client, again, query, 1), b"")
        channel = await client.create_read_channel(reader)
        asked = await client.read_channel(channel)
        await client.close_channel(channel)
        again = await client.resume_read_channel_query(
            reader, asked.current_message_index, None, asked.envelope_descriptor, asked.envelope_hash)
        same("plaintext", await send(client, again, asked, LONG), b"kept")


async def test_a_query_sent_without_waiting_is_told_by_events(simulator):
    async with connected(simulator) as client:
        channel, reader, _ = await client.create_write_channel()
        query = await client.write_channel(channel, b"later")
        courier = await client.get_courier_destination()
        before = simulator.stats()["replies"].get("channel_query_reply_event", 0)
        await client.send_channel_query(
            channel, query.send_message_payload, *courier, client.new_message_id())
        await until("reply", lambda: simulator.stats()["replies"].get("channel_query_reply_event", 0) > before)
        same("plaintext", (await read(client, reader, reader[-104:]))[0], b"later")


async def test_a_channel_is_any_applications(simulator):
    async with connected(simulator) as alice, connected(simulator) as bob:
        channel, reader, writer = await alice.create_write_channel()
        query = await bob.write_channel(channel, b"on a channel of another")
        same("index", query.current_message_index, writer[-104:])
        same("answer", await send(bob, channel, query, 1), b"")
        reading = await bob.create_read_channel(reader)
        asked = await bob.read_channel(reading)
        same("plaintext", await send(alice, reading, asked, LONG), b"on a channel of another")
        await bob.close_channel(channel)
        # Answered behind the closing, on the same connection.
        await bob.create_read_channel(reader)
        await refused(kp.THIN_CLIENT_ERROR_CHANNEL_NOT_FOUND, alice.write_channel(channel, b"x"))


async def test_the_ends_of_a_channel_stay_where_they_are(simulator):
    async with connected(simulator) as client:
        channel, reader, writer = await client.create_write_channel()
        for _ in range(2):
            query = await client.write_channel(channel, b"there again")
            same("index", query.current_message_index, writer[-104:])
            await send(client, channel, query, 1)
        reading = await client.create_read_channel(reader)
        for _ in range(2):
            asked = await client.read_channel(reading)
            same("index", asked.current_message_index, reader[-104:])
            same("plaintext", await send(client, reading, asked, LONG), b"there again")
        # An index that is named stays, too.
        second = asked.next_message_index
        await client.read_channel(reading, second)
        same("index", (await client.read_channel(reading)).current_message_index, second)


async def test_a_second_write_overwrites_the_first(simulator):
    async with connected(simulator) as client:
        _, reader, writer = await client.create_write_channel()
        for text in (b"first", b"second"):
            await write(client, writer, writer[-104:], text)
        for replica in (0, 1):
            same("plaintext", (await read(client, reader, reader[-104:], replica))[0], b"second")


async def test_a_query_that_came_too_early_never_finds_the_box(simulator):
    async with connected(simulator) as client:
        _, reader, writer = await client.create_write_channel()
        early = await client.create_read_channel(reader)
        asked = await client.read_channel(early)
        same("nothing", await send(client, early, asked, 3), b"")
        await write(client, writer, writer[-104:], b"too late")
        same("nothing", await send(client, early, asked, LONG), b"")
        same("plaintext", (await read(client, reader, reader[-104:]))[0], b"too late")


async def test_refusals_by_number(simulator):
    async with connected(simulator) as client:
        channel, _, writer = await client.create_write_channel()
        await refused(kp.THIN_CLIENT_ERROR_INTERNAL_ERROR, client.write_channel(channel, bytes(5000)))
        await client.close_channel(channel)
        # Closing is not answered; this one is behind it on the same connection.
        await refused(kp.THIN_CLIENT_ERROR_CHANNEL_NOT_FOUND, client.write_channel(channel, b"x"))
        await refused(kp.THIN_CLIENT_ERROR_CHANNEL_NOT_FOUND, client.read_channel(channel))
        same("text", kp.thin_client_error_to_string(7), "Channel not found")
        await client.resume_write_channel(writer)


async def test_nothing_is_left_behind(simulator):
    """After all the others: no envelope stays at the daemon."""
    await until("connections", lambda: simulator.stats()["connections"] == 0)
    same("table", (simulator.arq(), simulator.stats()["queued"]), ([], 0))
