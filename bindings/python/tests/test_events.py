"""Events, and a daemon that goes and comes back."""

import asyncio
import contextlib
import io
import logging
import unittest

import kpclient
from case import Simulated
from kpclient._library import has


class Events(Simulated):
    async def test_a_stream_begins_with_status_and_document(self):
        async with self.simulator.open() as client:
            with client.events() as events:
                status = await events.__anext__()
                self.assertIsInstance(status, kpclient.ConnectionStatusEvent)
                self.assertTrue(status.is_connected)
                self.assertEqual(len(status.instance_token), kpclient.ID_SIZE)
                document = await events.__anext__()
                self.assertIsInstance(document, kpclient.PKIDocumentEvent)
                self.assertEqual(document.pki_document.epoch, client.pki_document.epoch)
                self.assertTrue(str(document))

    async def test_a_reply_is_an_event(self):
        async with self.simulator.open() as client:
            surb = kpclient.new_surb_id()
            with client.events() as events:
                message = client.send_message(surb, client.get_service("echo"), b"hello")
                async for event in events:
                    if isinstance(event, kpclient.MessageReplyEvent):
                        break
            self.assertEqual((event.message_id, event.surb_id), (message, surb))
            self.assertTrue(event.payload.startswith(b"hello"))
            self.assertIsNone(event.error)

    async def test_closing_ends_a_stream(self):
        async with self.simulator.open() as client:
            events = client.events()
            seen = asyncio.create_task(self.collect(events))
            await asyncio.sleep(0)
        self.assertIsInstance((await seen)[-1], kpclient.ClosedEvent)
        events.close()

    async def test_a_stream_that_is_closed_wakes_its_reader(self):
        async with self.simulator.open() as client:
            events = client.events()
            seen = asyncio.create_task(self.collect(events))
            await asyncio.sleep(0)
            events.close()
            await seen

    async def collect(self, events):
        return [event async for event in events]

    def test_a_stream_without_asyncio(self):
        with self.simulator.open() as client:
            with client.events() as events:
                self.assertIsInstance(next(events), kpclient.ConnectionStatusEvent)
                self.assertIsInstance(events.next(60), kpclient.PKIDocumentEvent)
                with self.assertRaises(TimeoutError):
                    events.next(0)


class Daemons(Simulated):
    async def test_a_daemon_killed_in_the_middle_of_a_write(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            with client.events() as events:
                self.simulator.say("hold")
                write = asyncio.create_task(client.write_box(keys.write_cap, keys.first, b"survives"))
                while self.simulator.stats()["queued"] == 0:
                    await asyncio.sleep(0)
                self.simulator.kill()
                self.simulator.start()
                await write
                kinds = []
                async for event in events:
                    kinds.append(type(event))
                    if isinstance(event, kpclient.RestartedEvent):
                        break
            self.assertIn(kpclient.DisconnectedEvent, kinds)
            box = await client.read_box(keys.read_cap, keys.first)
            self.assertEqual(box.plaintext, b"survives")

    async def test_lines_of_the_log_reach_a_logger(self):
        logger = logging.getLogger("kpclient.test")
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
        lines = asyncio.Queue()
        loop = asyncio.get_running_loop()

        class Handler(logging.Handler):
            def emit(self, record):
                loop.call_soon_threadsafe(lines.put_nowait, record.getMessage())
                if "line 0 " in record.getMessage():
                    raise KeyError("a handler that fails")

        logger.addHandler(Handler())
        config = kpclient.Config.load_file(self.simulator.config)
        config.set_log(kpclient.LogLevel.DEBUG, logger)
        with contextlib.redirect_stderr(io.StringIO()) as said:
            async with kpclient.open(config=config) as client:
                for number in range(3):
                    client.log(kpclient.LogLevel.INFO, f"line {number} of the program's")
                while "line 2 of the program's" not in await lines.get():
                    pass
        self.assertIn("KeyError: 'a handler that fails'", said.getvalue())
        config.set_log(kpclient.LogLevel.OFF, None)
        with self.assertRaises(TypeError):
            config.set_log(kpclient.LogLevel.INFO, print)


@unittest.skipUnless(has("kpc_store_open"), "the library was built with STORE=no")
class Stores(Simulated):
    async def test_a_channel_that_remembers(self):
        async with self.simulator.open() as client:
            store = await client.open_store()
            writer = await store.create_writer("diary")
            reader = await store.import_reader("diary", writer.read_cap)
            number = await writer.send(kpclient.MessageKind.MESSAGE_KIND, b"dear diary")
            await writer.wait_stored(number)
            message = await reader.receive()
            self.assertEqual((message.data, message.arrival), (b"dear diary", kpclient.Arrival.MESSAGE))
            await reader.acknowledge(message.number)
            self.assertEqual(list(await store.list_writers()), ["diary"])
