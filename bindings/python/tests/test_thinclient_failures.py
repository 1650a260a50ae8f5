"""Each exception of the Python thin client, as a daemon that refuses brings it about."""

import asyncio
import gc
import pathlib
import unittest

from kpclient import thinclient
from kpclient.thinclient import Config, ConfigError, ThinClientOfflineError, is_expected_outcome
from test_thinclient import Started

#: What the daemon answers to a read, and what is raised then.
ANSWERS = {
    1: "BoxIDNotFoundError", 2: "InvalidBoxIDError", 3: "InvalidSignatureError", 4: "DatabaseFailureError",
    5: "InvalidPayloadError", 6: "StorageFullError", 7: "ReplicaInternalError", 8: "InvalidEpochError",
    9: "ReplicationFailedError", 10: "BoxAlreadyExistsError", 11: "TombstoneError",
    12: "CourierCacheCorruptionError", 13: "CourierPropagationError", 22: "MKEMDecryptionFailedError",
    23: "BACAPDecryptionFailedError", 24: "StartResendingCancelledError", 25: "InvalidTombstoneSignatureError",
    31: "CourierInvalidEnvelopeError", 32: "CourierInvalidEpochError",
}


class Answers(Started):
    async def test_each_answer_has_its_exception(self):
        keys = await self.keypair()
        for code, name in ANSWERS.items():
            with self.subTest(name):
                kind = getattr(thinclient, name)
                self.simulator.say(f"error start_resending_encrypted_message {code}")
                with self.assertRaises(kind) as caught:
                    await self.read(keys.read_cap, keys.first_index, no_retry_on_box_id_not_found=True)
                # The class itself, and not one that it is derived from.
                self.assertIs(type(caught.exception), kind)
                self.assertTrue(str(caught.exception))
                self.assertEqual(is_expected_outcome(caught.exception), code in (1, 10, 11))
                self.assertIs(type(thinclient.error_code_to_exception(code)), kind)

    async def test_states_of_a_box(self):
        keys = await self.keypair()
        made = await self.client.encrypt_read(keys.read_cap, keys.first_index)
        with self.assertRaises(thinclient.BoxIDNotFoundError):
            await self.client.start_resending_encrypted_message_no_retry(
                keys.read_cap, None, keys.first_index, None, made.envelope_descriptor, made.message_ciphertext,
                made.envelope_hash,
            )
        await self.fill(keys, [b"one"])
        made = await self.client.encrypt_write(b"another", keys.write_cap, keys.first_index)
        with self.assertRaises(thinclient.BoxAlreadyExistsError):
            await self.client.start_resending_encrypted_message_return_box_exists(
                None, keys.write_cap, None, None, made.envelope_descriptor, made.message_ciphertext,
                made.envelope_hash,
            )
        made = await self.client.encrypt_write(b"another", keys.write_cap, keys.first_index)
        self.assertEqual((await self.write(keys.write_cap, made)).plaintext, b"")

    async def test_a_copy_that_fails_says_where(self):
        keys, temporary = await self.keypair(), await self.keypair()
        await self.fill(keys, [b"in the way"])
        made = await self.client.create_courier_envelopes_from_payload(
            b"copied", keys.write_cap, keys.first_index, True, True
        )
        await self.fill(temporary, made.envelopes)
        with self.assertRaises(thinclient.CopyCommandFailedError) as caught:
            await self.client.start_resending_copy_command(temporary.write_cap)
        failed = caught.exception
        self.assertEqual(failed.replica_error_code, thinclient.REPLICA_ERROR_BOX_ALREADY_EXISTS)
        self.assertEqual(failed.failed_envelope_index, 1)
        self.assertFalse(is_expected_outcome(failed))

    async def test_what_is_cancelled_says_so(self):
        keys = await self.keypair()
        self.simulator.say("hold")
        made = await self.client.encrypt_read(keys.read_cap, keys.first_index)
        read = asyncio.ensure_future(self.client.start_resending_encrypted_message(
            keys.read_cap, None, keys.first_index, None, made.envelope_descriptor, made.message_ciphertext,
            made.envelope_hash,
        ))
        copy = asyncio.ensure_future(self.client.start_resending_copy_command(keys.write_cap))
        while self.client._client.stats.operations_running < 2:
            await asyncio.sleep(0)
        await self.client.cancel_resending_encrypted_message(made.envelope_hash)
        await self.client.cancel_resending_copy_command(thinclient.blake2_256_sum(keys.write_cap))
        for task in (read, copy):
            with self.assertRaises(thinclient.StartResendingCancelledError):
                await task

    async def test_a_cancelled_task_is_cancelled(self):
        keys = await self.keypair()
        read = asyncio.ensure_future(self.read(keys.read_cap, keys.first_index))
        while self.client._client.stats.operations_running == 0:
            await asyncio.sleep(0)
        read.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await read

    async def test_too_much_for_a_box(self):
        keys = await self.keypair()
        limit = self.client.pigeonhole_geometry.max_plaintext_payload_length
        with self.assertRaises(thinclient.PayloadTooLargeError):
            await self.client.encrypt_write(bytes(limit + 1), keys.write_cap, keys.first_index)

    async def test_plain_messages_need_a_network_and_an_answer(self):
        destination = self.client.get_service("echo").to_destination()
        self.simulator.say("hold")
        with self.assertRaises(asyncio.TimeoutError):
            await self.client.blocking_send_message(b"", *destination, timeout_seconds=0.01)
        self.simulator.say("offline")
        while self.client.is_connected():
            await asyncio.sleep(0)
        with self.assertRaises(ThinClientOfflineError):
            await self.client.blocking_send_message(b"", *destination)
        # A call that is not awaited raises nothing.
        for call in (
            self.client.send_message(self.client.new_surb_id(), b"", *destination),
            self.client.send_message_without_reply(b"", *destination),
            asyncio.create_task(self.client.send_message_without_reply(b"", *destination)),
        ):
            with self.assertRaises(ThinClientOfflineError):
                await call
        with self.assertLogs("thinclient", "ERROR"):
            self.client.send_message(self.client.new_surb_id(), b"", *destination)
            gc.collect()

    async def test_other_failures_keep_the_class_of_the_library(self):
        minted = await self.client.voucher_mint((await self.keypair()).write_cap, "joiner")
        with self.assertRaises(Exception) as caught:
            await self.client.voucher_induct(bytes(32), minted.voucher_payload, b"")
        self.assertEqual(caught.exception.daemon_code, thinclient.THIN_CLIENT_ERROR_VOUCHER_HASH_MISMATCH)

    async def test_files_that_are_no_configuration(self):
        folder = pathlib.Path(self.simulator.folder)
        (folder / "two.toml").write_text('[Dial.Unix]\nAddress = "a"\n[Dial.Tcp]\nAddress = "a:1"\n')
        (folder / "broken.toml").write_text("[Dial")
        for name in ("none.toml", "two.toml", "broken.toml"):
            with self.assertRaises(ConfigError):
                Config(str(folder / name))
        with self.assertRaises(ConfigError):
            thinclient.ConfigFile.load(str(folder / "none.toml"))
        self.assertIn("UnixDialConfig", str(thinclient.ConfigFile.load(self.simulator.config)))


class Numbers(unittest.TestCase):
    def test_numbers_are_texts_and_exceptions(self):
        self.assertIsNone(thinclient.error_code_to_exception(0))
        texts = {thinclient.thin_client_error_to_string(code) for code in range(33)}
        self.assertEqual(len(texts), 33)
        self.assertIn("99", thinclient.thin_client_error_to_string(99))
        self.assertIs(type(thinclient.error_code_to_exception(14)), Exception)
        self.assertIs(type(thinclient.error_code_to_exception(27)), thinclient.PayloadTooLargeError)

    def test_answers_to_copies(self):
        self.assertIsNone(thinclient.copy_reply_to_exception({"error_code": 0}))
        failed = thinclient.copy_reply_to_exception(
            {"error_code": 26, "replica_error_code": 4, "failed_envelope_index": 2}
        )
        self.assertEqual((failed.replica_error_code, failed.failed_envelope_index), (4, 2))
        cancelled = thinclient.copy_reply_to_exception({"error_code": 24})
        self.assertIsInstance(cancelled, thinclient.StartResendingCancelledError)

    def test_every_exception_is_reached_by_a_test(self):
        raised = set(ANSWERS.values()) | {
            "ReplicaError", "CourierError", "CopyCommandFailedError", "PayloadTooLargeError", "ConfigError",
            "ThinClientOfflineError",
        }
        kinds = {name for name in thinclient.failures.__all__ if name.endswith("Error")}
        self.assertEqual(kinds, raised)
