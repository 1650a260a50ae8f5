"""What needs no daemon: values, configurations, failures."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import kpclient
from case import Whole
from declarations import DECLARATIONS
from kpclient._library import SONAME, has


class Values(Whole):
    def test_keys_come_from_a_seed(self):
        seed = bytes(range(kpclient.SEED_SIZE))
        keys = kpclient.new_keypair(seed=seed)
        self.assertEqual(kpclient.new_keypair(seed=bytearray(seed)), keys)
        self.assertNotEqual(kpclient.new_keypair(), keys)
        self.assertEqual(keys.write_cap.read_cap, keys.read_cap)
        self.assertEqual(keys.read_cap.first_index, keys.first)
        second = kpclient.next_message_box_index(keys.first)
        count = kpclient.get_message_box_index_counter
        self.assertEqual(count(second), count(keys.first) + 1)

    def test_values_are_stored_and_read_again(self):
        keys = kpclient.new_keypair()
        for value in keys:
            again = type(value).from_bytes(bytes(value))
            self.assertEqual(again, value)
            self.assertEqual(hash(again), hash(value))
        self.assertNotEqual(keys.first, kpclient.next_message_box_index(keys.first))
        with self.assertRaises(kpclient.ArgSize):
            kpclient.ReadCap.from_bytes(b"too short")
        with self.assertRaises(kpclient.InvalidCapability):
            kpclient.WriteCap.from_bytes(bytes(kpclient.WRITE_CAP_SIZE))

    def test_secrets_are_not_shown_and_can_be_wiped(self):
        keys = kpclient.new_keypair()
        for value in keys:
            self.assertEqual(repr(value), f"<{type(value).__name__}>")
        keys.write_cap.wipe()
        self.assertEqual(bytes(keys.write_cap), bytes(kpclient.WRITE_CAP_SIZE))
        secret = kpclient.SecretBytes(b"secret")
        self.assertNotIn("secret", repr(secret).replace("SecretBytes", ""))
        secret.wipe()
        self.assertEqual(bytes(secret), bytes(6))

    def test_what_is_of_another_kind_is_refused(self):
        keys = kpclient.new_keypair()
        with self.assertRaises(TypeError):
            kpclient.next_message_box_index(keys.read_cap)
        with self.assertRaises(TypeError):
            kpclient.Config.load_text(b"bytes")
        with self.assertRaises(ValueError):
            kpclient.Config.load_file("a\0b")
        with self.assertRaises(TypeError):
            kpclient.blake2b_256("a text")
        with self.assertRaises(TypeError):
            kpclient.Envelope()

    @unittest.skipUnless(has("kpc_store_open"), "the library was built with STORE=no")
    def test_texts_of_capabilities(self):
        keys = kpclient.new_keypair()
        text = keys.read_cap.to_text(index=keys.first)
        parsed = kpclient.shared_text_parse(text)
        self.assertEqual(parsed.kind, kpclient.SharedText.READ)
        self.assertEqual(parsed.read_cap, keys.read_cap)

    def test_a_hash_is_bytes(self):
        for data in [b"", b"some bytes", memoryview(b"some bytes")]:
            self.assertEqual(kpclient.blake2b_256(data), hashlib.blake2b(data, digest_size=32).digest())


class Configurations(Whole):
    def test_a_configuration_says_what_was_set(self):
        config = kpclient.Config.new()
        config.set_tcp("127.0.0.1:64331")
        config.set_reconnect(10, 20)
        self.assertEqual(config.transport, kpclient.Transport.TCP)
        self.assertEqual((config.network, config.address), ("tcp", "127.0.0.1:64331"))
        self.assertEqual(config.reconnect(), (10, 20))

    def test_failures_say_what_is_wrong(self):
        with self.assertRaises(kpclient.ConfigIO) as caught:
            kpclient.Config.load_file("/there/is/no/such/file")
        self.assertIsInstance(caught.exception, OSError)
        self.assertEqual((caught.exception.errno, caught.exception.name), (2, "CONFIG_IO"))
        self.assertIn("/there/is/no/such/file", str(caught.exception))
        with self.assertRaises(kpclient.ConfigParse):
            kpclient.Config.load_text("not [TOML")
        with self.assertRaises(kpclient.errors.ArgumentFailure):
            kpclient.Config.load_text("[Nothing]\n")

    def test_what_was_freed_is_refused(self):
        config = kpclient.Config.new()
        config.free()
        config.free()
        with self.assertRaises(kpclient.BadHandle):
            config.set_unix("x")

    def test_without_a_daemon_connecting_fails(self):
        config = kpclient.Config.new()
        config.set_unix("/there/is/no/such/socket")
        with self.assertRaises(kpclient.Connect) as caught:
            with kpclient.open(config=config):
                pass
        self.assertIsInstance(caught.exception, ConnectionError)
        self.assertEqual(caught.exception.category, kpclient.Category.SESSION)


class Covered(unittest.TestCase):
    """The package uses every function of the library, but for those that another way replaces."""

    REPLACED = {
        "kpc_buffer_new": "bytes are bytes",
        "kpc_buffer_ref": "bytes are bytes",
        "kpc_hash_from_bytes": "a hash is bytes",
        "kpc_id_from_bytes": "an id is bytes",
        "kpc_event_sink_on_event": "events come from the descriptor",
        "kpc_result_error": "the functions that take results out raise it",
        "kpc_result_op": "completions have a number of their own",
        "kpc_result_status": "the functions that take results out raise it",
    }

    def test_every_function_is_used(self):
        package = pathlib.Path(kpclient.__file__).parent
        names = set(re.findall(r"\b(kpc_[a-z0-9_]+)\(", DECLARATIONS))
        self.assertGreater(len(names), 400)
        used = set()
        for module in package.glob("*.py"):
            if module.name != "_ffi.py":
                text = module.read_text()
                used.update(re.findall(r"\blib\.(kpc_[a-z0-9_]+)|\b_free = \"(kpc_[a-z_]+)\"", text))
        used = {name for pair in used for name in pair}
        sizes = {name for name in names if name.endswith("_size")}
        # The twins that block wait for the same operation, so that signals reach them.
        twins = {name for name in names if f"{name}_async" in used}
        self.assertEqual(names - used - sizes - twins - set(self.REPLACED), set())


class Loading(unittest.TestCase):
    def test_without_a_library_the_failure_says_what_to_do(self):
        environment = {**os.environ, "KPCLIENT_LIBRARY": "/there/is/no/such/library"}
        outcome = subprocess.run(
            [sys.executable, "-B", "-c", "import kpclient"], env=environment, capture_output=True, text=True
        )
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("ImportError", outcome.stderr)
        self.assertIn("KPCLIENT_LIBRARY", outcome.stderr)

    def test_a_library_inside_the_package_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            package = pathlib.Path(folder) / "kpclient"
            shutil.copytree(pathlib.Path(kpclient.__file__).parent, package)
            shutil.copy(os.environ["KPCLIENT_LIBRARY"], package / SONAME)
            environment = {**os.environ, "PYTHONPATH": folder}
            del environment["KPCLIENT_LIBRARY"]
            outcome = subprocess.run(
                [sys.executable, "-B", "-c", "import kpclient; print(kpclient.__file__, kpclient.__version__)"],
                env=environment, capture_output=True, text=True,
            )
            self.assertEqual(outcome.stdout.split(), [str(package / "__init__.py"), kpclient.__version__], outcome.stderr)
