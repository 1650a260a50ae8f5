"""A client and its daemon, the simulator."""

import asyncio
import gc
import threading
import weakref

import kpclient
from case import Simulated


class Boxes(Simulated):
    async def test_what_is_written_is_read_elsewhere(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as writer, self.simulator.open() as reader:
            following = await writer.write_box(keys.write_cap, keys.first, b"hello", timeout=60)
            plaintext, index = await reader.read_box(keys.read_cap, keys.first, timeout=60)
            self.assertEqual((plaintext, index), (b"hello", following))

    async def test_states_of_a_box_have_names(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            with self.assertRaises(kpclient.BoxIDNotFound) as caught:
                await client.read_box(keys.read_cap, keys.first, flags=kpclient.StartFlags.NO_RETRY)
            self.assertEqual(caught.exception.origin, kpclient.Origin.REPLICA)
            self.assertTrue(kpclient.status_is_expected_outcome(caught.exception.status))
            await client.write_box(keys.write_cap, keys.first, b"one")
            with self.assertRaises(kpclient.BoxAlreadyExists):
                await client.write_box(keys.write_cap, keys.first, b"another")
            await client.tombstone_box(keys.write_cap, keys.first)
            with self.assertRaises(kpclient.Tombstone):
                await client.read_box(keys.read_cap, keys.first)

    async def test_a_time_limit_is_a_timeout_error(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            with self.assertRaises(TimeoutError) as caught:
                await client.read_box(keys.read_cap, keys.first, timeout=0.01)
            self.assertIsInstance(caught.exception, kpclient.Timeout)

    async def test_steps_pass_objects_around(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            envelope = await client.encrypt_write(keys.write_cap, keys.first, b"in steps")
            again = kpclient.Envelope.from_bytes(envelope.to_bytes())
            self.assertEqual(again.hash, envelope.hash)
            await client.start_resending_encrypted_message(-1, again, write_cap=keys.write_cap, index=keys.first)
            box = await client.read_box(keys.read_cap, keys.first)
            self.assertEqual(box.plaintext, b"in steps")

    async def test_a_geometry_comes_back_as_it_was(self):
        async with self.simulator.open() as client:
            config = kpclient.Config.new()
            config.set_sphinx_geometry(client.sphinx_geometry)
            config.set_pigeonhole_geometry(client.pigeonhole_geometry)
            self.assertEqual(config.sphinx_geometry, client.sphinx_geometry)
            self.assertEqual(config.pigeonhole_geometry, client.pigeonhole_geometry)
            self.assertGreater(client.pigeonhole_geometry.max_plaintext_payload_length, 1000)
            self.assertTrue(client.sphinx_geometry.kem_name or client.sphinx_geometry.nike_name)

    async def test_a_service_goes_in_as_it_came_out(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            courier = client.courier
            self.assertTrue(client.pki_document.has_identity(courier.node))
            elements = await client.create_courier_envelopes_from_payload(
                b"copied", keys.write_cap, keys.first, True, True
            )
            stream = kpclient.new_keypair()
            index = stream.first
            for element in elements:
                index = await client.write_box(stream.write_cap, index, element)
            await client.start_resending_copy_command(stream.write_cap, courier=courier)
            self.assertEqual((await client.read_box(keys.read_cap, keys.first)).plaintext, b"copied")

    async def test_structs_in_a_row(self):
        keys, other = kpclient.new_keypair(), kpclient.new_keypair()
        async with self.simulator.open() as client:
            destinations = [
                kpclient.Destination(keys.write_cap, keys.first, b"to one"),
                kpclient.Destination(other.write_cap, other.first, b"to another"),
            ]
            elements = await client.create_courier_envelopes_from_multi_payload(destinations, True, True, b"")
            self.assertGreater(len(elements), 0)
            self.assertEqual([len(element) for element in elements], [len(elements[i]) for i in range(len(elements))])
            with self.assertRaises(IndexError):
                elements[len(elements)]


class Operations(Simulated):
    async def test_a_cancelled_task_cancels_its_operation(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            reads = [asyncio.create_task(client.read_box(keys.read_cap, keys.first)) for _ in range(20)]
            while client.stats.operations_running < 20:
                await asyncio.sleep(0)
            for read in reads:
                read.cancel()
            outcomes = await asyncio.gather(*reads, return_exceptions=True)
            self.assertTrue(all(isinstance(o, asyncio.CancelledError) for o in outcomes), outcomes)
            while client.stats.operations_running > 0:
                await asyncio.sleep(0)

    async def test_a_thousand_cancelled_operations_leave_nothing(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            for _ in range(10):
                reads = [asyncio.create_task(client.read_box(keys.read_cap, keys.first)) for _ in range(100)]
                await asyncio.sleep(0)
                for read in reads:
                    read.cancel()
                await asyncio.gather(*reads, return_exceptions=True)
            while client.stats.operations_running > 0:
                await asyncio.sleep(0)

    async def test_closing_ends_what_is_in_flight(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            read = asyncio.create_task(client.read_box(keys.read_cap, keys.first))
            while client.stats.operations_running == 0:
                await asyncio.sleep(0)
        with self.assertRaises(kpclient.Closed):
            await read
        await client.close()
        with self.assertRaises(kpclient.Closed):
            await client.flush()
        client.free()
        with self.assertRaises(kpclient.BadHandle):
            await client.flush()

    async def test_a_client_that_is_forgotten_is_freed(self):
        client = kpclient.Client(kpclient.Config.load_file(self.simulator.config))
        await client.connect(timeout=60)
        gone = weakref.ref(client)
        del client
        gc.collect()
        self.assertIsNone(gone())
        while kpclient.debug_live_objects() > 0:
            await asyncio.sleep(0)

    async def test_objects_in_cycles_are_freed(self):
        async with self.simulator.open() as client:
            before = kpclient.debug_live_objects()
            for _ in range(1000):
                document = client.pki_document
                document.itself = document
            del document
            gc.collect()
            self.assertEqual(kpclient.debug_live_objects(), before)

    async def test_many_operations_at_once(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            index = keys.first
            indices = [index := kpclient.next_message_box_index(index) for _ in range(50)]
            await asyncio.gather(*(client.write_box(keys.write_cap, i, b"%d" % n) for n, i in enumerate(indices)))
            boxes = await asyncio.gather(*(client.read_box(keys.read_cap, i) for i in indices))
            self.assertEqual([box.plaintext for box in boxes], [b"%d" % n for n in range(50)])

    async def test_a_client_serves_several_event_loops(self):
        keys = kpclient.new_keypair()
        async with self.simulator.open() as client:
            await client.write_box(keys.write_cap, keys.first, b"shared")

            def elsewhere():
                return asyncio.run(client.read_box(keys.read_cap, keys.first)).plaintext

            for _ in range(3):
                self.assertEqual(await asyncio.to_thread(elsewhere), b"shared")


class Blocking(Simulated):
    def test_the_twins_do_without_asyncio(self):
        keys = kpclient.new_keypair()
        with self.simulator.open() as client:
            client.write_box_sync(keys.write_cap, keys.first, b"hello", timeout=60)
            self.assertEqual(client.read_box_sync(keys.read_cap, keys.first, timeout=60).plaintext, b"hello")
            service = client.get_service("echo")
            reply = client.send_message_await_reply_sync(service, b"echo", timeout=60)
            self.assertTrue(reply.startswith(b"echo"))

    def test_other_threads_go_on_while_one_waits(self):
        keys = kpclient.new_keypair()
        with self.simulator.open() as client:
            read = []
            thread = threading.Thread(
                target=lambda: read.append(client.read_box_sync(keys.read_cap, keys.first, timeout=60))
            )
            thread.start()
            while client.stats.operations_running == 0:
                pass
            client.write_box_sync(keys.write_cap, keys.first, b"at last", timeout=60)
            thread.join()
            self.assertEqual(read[0].plaintext, b"at last")
