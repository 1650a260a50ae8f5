"""The Python client of the Channel API and the library at one v0.0.72: channels of one are the other's, both ways."""
from harness import same
from library import Library
from older import PREPARATIONS, SENDINGS, connected, read, send, write

TEXTS = [b"one", bytes(17), bytes(range(256)) * 6]


def library_read(library, channel, index):
    """Reads the box at an index, as `read` of the client does."""
    for _ in range(PREPARATIONS):
        query = library.read_channel(channel, index)
        found = library.send(channel, query, SENDINGS)
        library.free_query(query)
        if found:
            break
    return found


async def test_the_library_reads_the_clients_channel(simulator):
    async with connected(simulator) as client:
        _, reader, writer = await client.create_write_channel()
        index = writer[-104:]
        for text in TEXTS:
            index = await write(client, writer, index, text)
        with Library(simulator) as library:
            channel = library.create_read_channel(reader)
            index = reader[-104:]
            for text in TEXTS:
                same("plaintext", library_read(library, channel, index), text)
                index = library.next_index(index)


async def test_the_client_reads_the_librarys_channel(simulator):
    async with connected(simulator) as client:
        with Library(simulator) as library:
            channel, reader, _ = library.create_write_channel()
            for text in TEXTS:
                query = library.write_channel(channel, text)
                same("answer", library.send(channel, query), b"")
                library.free_query(query)
        index = reader[-104:]
        for text in TEXTS:
            found, index = await read(client, reader, index)
            same("plaintext", found, text)


async def test_the_library_sends_what_the_client_will_read_first(simulator):
    async with connected(simulator) as client:
        with Library(simulator) as library:
            channel, reader, writer = library.create_write_channel()
            reading = await client.create_read_channel(reader)
            same("nothing yet", await send(client, reading, await client.read_channel(reading), 1), b"")
            query = library.write_channel(channel, b"now it is")
            library.send(channel, query)
            library.free_query(query)
            # The client goes on with the writer's capability where the library stopped.
            second = library.next_index(writer[-104:])
            await write(client, writer, second, b"and more")
            same("plaintext", (await read(client, reader, reader[-104:]))[0], b"now it is")
            same("plaintext", library_read(library, library.create_read_channel(reader), second), b"and more")
