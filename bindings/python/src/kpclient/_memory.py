"""Bytes, texts and structs on their way to the library and back."""

from __future__ import annotations

import hmac
import weakref
from typing import Any, ClassVar

from ._library import ffi, lib


def c_bytes(data):
    """Bytes as the library reads them: nothing is copied."""
    return ffi.from_buffer("uint8_t[]", data)


def c_text(text: str) -> bytes:
    """A text that is passed with its length."""
    if not isinstance(text, str):
        raise TypeError(f"a str is needed, not a {type(text).__name__}")
    return text.encode()


def string(text: str) -> bytes:
    """A text that is passed with a NUL at its end, so it can hold none."""
    encoded = c_text(text)
    if b"\0" in encoded:
        raise ValueError("the text has a NUL in it")
    return encoded


def optional_text(text):
    """The same; None is NULL."""
    return ffi.NULL if text is None else string(text)


def bytes_given(buffer) -> bytes:
    """The bytes of a kpc_buffer that was handed out, which is freed."""
    try:
        return bytes(ffi.buffer(lib.kpc_buffer_data(buffer[0]), lib.kpc_buffer_len(buffer[0]))) if buffer[0] else b""
    finally:
        lib.kpc_buffer_free(buffer[0])


def text_given(buffer) -> str:
    """The text of a kpc_buffer that was handed out, which is freed."""
    return bytes_given(buffer).decode()


def fixed_bytes(kind: str, data, size: int):
    """Bytes of fixed size: an id or a hash."""
    view = memoryview(data)
    if view.nbytes != size:
        raise ValueError(f"{size} bytes are needed, not {view.nbytes}")
    made = ffi.new(f"{kind} *")
    ffi.memmove(made, view, size)
    return made


def named(names, value: int):
    """A value of an enumeration; a number stays one if this version has no name for it."""
    try:
        return names(value)
    except ValueError:
        return value


#: What structs point to, for as long as they live.
_kept: "weakref.WeakKeyDictionary[Any, Any]" = weakref.WeakKeyDictionary()


def kept(struct, data):
    """Bytes that a struct points to, and how many."""
    passed = c_bytes(data)
    _kept.setdefault(struct, []).append(passed)
    return passed, len(passed)


def array_of(kind: str, values, passing):
    """Structs in a row."""
    made = [passing(value) for value in values]
    array = ffi.new(f"{kind}[]", [one[0] for one in made])
    _kept[array] = made
    return array


class SecretBytes(bytearray):
    """Secret bytes, which are wiped when nothing refers to them any more, or by `wipe`."""

    def wipe(self) -> None:
        """Writes zeros over the bytes."""
        lib.kpc_wipe(ffi.from_buffer(self, require_writable=True), len(self))

    def __del__(self) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return f"<SecretBytes of {len(self)}>"


class Secret:
    """A secret of fixed size, which is wiped when nothing refers to it any more, or by `wipe`.

    `bytes(secret)` copies it; such a copy is not wiped.
    """

    __slots__ = ("_pointer",)
    _type: ClassVar[str] = ""
    #: How many bytes it has.
    SIZE: ClassVar[int] = 0

    _pointer: Any

    def __init__(self) -> None:
        raise TypeError(f"{type(self).__name__}.from_bytes makes one")

    @classmethod
    def _given(cls, value):
        """Takes over a struct that is pointed to, or copies a member of one."""
        made = cls.__new__(cls)
        if ffi.typeof(value).kind != "pointer":
            copy = ffi.new(f"{cls._type} *")
            copy[0] = value
            value = copy
        made._pointer = ffi.gc(value, _wiped)
        return made

    def wipe(self) -> None:
        """Writes zeros over it."""
        _wiped(self._pointer)

    def __bytes__(self) -> bytes:
        return bytes(ffi.buffer(self._pointer.bytes))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return hmac.compare_digest(bytes(self), bytes(other))  # type: ignore[call-overload]

    def __hash__(self) -> int:
        return hash(bytes(self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def _wiped(pointer) -> None:
    lib.kpc_wipe(pointer, ffi.sizeof(pointer[0]))


def value_of(value, kind):
    """The struct of a secret, which has to be of this kind."""
    if not isinstance(value, kind):
        raise TypeError(f"a {kind.__name__} is needed, not a {type(value).__name__}")
    return value._pointer
