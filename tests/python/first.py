"""The shared library through ctypes: a language that knows nothing of the header.

Takes the path of the library; fails with an exception where something does not hold.
"""
import ctypes as c
import hashlib
import sys


class WriteCap(c.Structure):
    _fields_ = [("bytes", c.c_uint8 * 168)]


class ReadCap(c.Structure):
    _fields_ = [("bytes", c.c_uint8 * 136)]


class BoxIndex(c.Structure):
    _fields_ = [("bytes", c.c_uint8 * 104)]


class Hash(c.Structure):
    _fields_ = [("bytes", c.c_uint8 * 32)]


def load(path):
    lib = c.CDLL(path)
    for name, result, *arguments in [
        ("kpc_version", c.c_char_p),
        ("kpc_status_name", c.c_char_p, c.c_int32),
        ("kpc_error_status", c.c_int32, c.c_void_p),
        ("kpc_error_message", c.c_char_p, c.c_void_p),
        ("kpc_error_free", None, c.c_void_p),
        ("kpc_write_cap_size", c.c_size_t),
        ("kpc_new_keypair", c.c_int32, c.c_char_p, c.c_size_t, c.c_void_p, c.c_void_p, c.c_void_p, c.c_void_p),
        ("kpc_write_cap_hash", c.c_int32, c.c_void_p, c.c_void_p),
        ("kpc_config_new", c.c_int32, c.c_void_p),
        ("kpc_config_free", None, c.c_void_p),
        ("kpc_config_set_unix", c.c_int32, c.c_void_p, c.c_char_p, c.c_void_p),
        ("kpc_config_set_log", c.c_int32, c.c_void_p, c.c_int32, c.c_void_p, c.c_void_p, c.c_void_p, c.c_void_p),
        ("kpc_debug_live_objects", c.c_size_t),
    ]:
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def main(path):
    lib = load(path)
    assert lib.kpc_write_cap_size() == c.sizeof(WriteCap)

    writer, reader, first, digest = WriteCap(), ReadCap(), BoxIndex(), Hash()
    error = c.c_void_p()
    status = lib.kpc_new_keypair(b"\7" * 32, 32, c.byref(writer), c.byref(reader), c.byref(first), c.byref(error))
    assert status == 0 and not error
    assert lib.kpc_write_cap_hash(c.byref(writer), c.byref(digest), None) == 0
    expected = hashlib.blake2b(bytes(writer.bytes), digest_size=32).digest()
    assert bytes(digest.bytes) == expected

    # A handle survives Python's integers, and a freed one is refused.
    config = c.c_void_p()
    assert lib.kpc_config_new(c.byref(config), None) == 0
    assert lib.kpc_config_set_unix(config, b"@kpclientd", None) == 0
    status = lib.kpc_config_set_unix(config, b"", c.byref(error))
    assert lib.kpc_status_name(status) == b"KPC_ERR_CONFIG_NO_TRANSPORT"
    assert lib.kpc_error_status(error) == status and lib.kpc_error_message(error)
    lib.kpc_error_free(error)

    # Callbacks and their drop.
    dropped = []
    drop = c.CFUNCTYPE(None, c.c_void_p)(dropped.append)
    line = c.CFUNCTYPE(None, c.c_int32, c.c_char_p, c.c_void_p)(lambda level, text, data: None)
    assert lib.kpc_config_set_log(config, 3, line, 42, drop, None) == 0
    lib.kpc_config_free(config)
    assert dropped == [42]
    status = lib.kpc_config_set_unix(config, b"x", None)
    assert lib.kpc_status_name(status) == b"KPC_ERR_BAD_HANDLE"
    assert lib.kpc_debug_live_objects() == 0
    print(f"Python {sys.version.split()[0]} with libkpclient {lib.kpc_version().decode()}")


main(sys.argv[1])
