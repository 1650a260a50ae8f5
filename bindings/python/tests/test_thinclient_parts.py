"""What the drop-in for the Python thin client does without a daemon."""

import unittest

from kpclient.thinclient import PigeonholeGeometry, _cbor
from kpclient.thinclient.transport import DialConfig, TcpDialConfig, UnixDialConfig


class Cbor(unittest.TestCase):
    def test_items_of_every_kind(self):
        # The examples of RFC 8949, appendix A.
        for text, value in {
            "00": 0, "1818": 24, "1903e8": 1000, "1a000f4240": 1000000, "1bffffffffffffffff": 2**64 - 1,
            "3903e7": -1000, "f90000": 0.0, "f93e00": 1.5, "fa47c35000": 100000.0, "fbc010666666666666": -4.1,
            "f4": False, "f5": True, "f6": None, "4401020304": b"\1\2\3\4", "6449455446": "IETF",
            "c11a514b67b0": 1363896240, "83010203": [1, 2, 3], "a26161016162820203": {"a": 1, "b": [2, 3]},
            "5f42010243030405ff": b"\1\2\3\4\5", "7f657374726561646d696e67ff": "streaming",
            "9f018202039f0405ffff": [1, [2, 3], [4, 5]], "bf6346756ef563416d7421ff": {"Fun": True, "Amt": -2},
        }.items():
            with self.subTest(text):
                self.assertEqual(_cbor.decoded(bytes.fromhex(text)), value)

    def test_what_is_no_item_is_refused(self):
        for text in ("", "18", "1b00", "42ff", "8201", "a101", "ff", "82ff00", "0000", "1f", "fc", "5f01ff",
                     "7f00ff", "bf01ff", "81" * 1000 + "00", "61ff", "a1810000", "9bffffffffffffffff"):
            with self.subTest(text[:20]), self.assertRaises(ValueError):
                _cbor.decoded(bytes.fromhex(text))


class Dialling(unittest.TestCase):
    def test_exactly_one_transport(self):
        unix, tcp = UnixDialConfig("@address"), TcpDialConfig("localhost:1")
        self.assertIs(DialConfig(unix=unix).resolve(), unix)
        self.assertIs(DialConfig(tcp=tcp).resolve(), tcp)
        for wrong in (DialConfig(), DialConfig(unix, tcp)):
            with self.assertRaises(ValueError):
                wrong.validate()
        self.assertEqual(DialConfig.from_toml_dict({"Unix": {"Address": "@address"}}), DialConfig(unix=unix))
        self.assertEqual(DialConfig.from_toml_dict({"Tcp": {"Address": "localhost:1"}}), DialConfig(tcp=tcp))
        for table in ({}, {"Ws": {}}):
            with self.assertRaises(ValueError):
                DialConfig.from_toml_dict(table)


class Sizes(unittest.TestCase):
    def test_sizes_that_no_network_has(self):
        PigeonholeGeometry(max_plaintext_payload_length=1, nike_name="x25519").validate()
        for wrong in (
            PigeonholeGeometry(max_plaintext_payload_length=0, nike_name="x25519"),
            PigeonholeGeometry(max_plaintext_payload_length=1),
            PigeonholeGeometry(max_plaintext_payload_length=1, nike_name="x", signature_scheme_name="none"),
        ):
            with self.assertRaises(ValueError):
                wrong.validate()
