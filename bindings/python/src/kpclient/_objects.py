"""What all objects have in common."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Optional

from ._library import ffi, lib


class Object:
    """An object of the library. It is freed when nothing refers to it any more, or by `free`."""

    #: The function that frees one: not every library has channels that remember.
    _free: ClassVar[str]

    _pointer: Any
    _client: Any

    def __init__(self) -> None:
        raise TypeError(f"a {type(self).__name__} is made by a method of another object, or of the class")

    @classmethod
    def _given(cls, output, client=None):
        """Takes over the object that a function has put into an output."""
        made = cls.__new__(cls)
        made._own(output[0], client)
        return made

    def _own(self, pointer, client) -> None:
        # Freeing never waits, so the garbage collector may do it, on any thread.
        self._pointer = ffi.gc(pointer, getattr(lib, self._free))
        self._client = client

    def free(self) -> None:
        """Frees it at once. What is called on it then raises `BadHandle`."""
        ffi.release(self._pointer)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def _position(self, position: int) -> int:
        count = len(self)  # type: ignore[arg-type]
        if not -count <= position < count:
            raise IndexError(position)
        return position % count


def pointer(value, kind):
    """The handle of an object, which has to be of this kind."""
    if not isinstance(value, kind):
        raise TypeError(f"a {kind.__name__} is needed, not a {type(value).__name__}")
    return value._pointer


def milliseconds(timeout: Optional[float]) -> int:
    """A time limit in seconds as the library counts; None is no limit."""
    if timeout is None or math.isinf(timeout):
        return -1
    if timeout < 0:
        raise ValueError("a time limit is not negative")
    return min(math.ceil(timeout * 1000), 0x7FFF_FFFF)
