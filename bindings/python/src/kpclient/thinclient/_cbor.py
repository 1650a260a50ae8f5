"""Reads CBOR, which directory documents are written in."""

from __future__ import annotations

import struct
from typing import Any, Dict, List, Tuple

#: Documents are nested less deep; what is deeper would only exhaust the stack.
_DEEPEST = 64

#: The end of an item of indefinite length.
_BREAK = object()

_SIMPLE = {20: False, 21: True, 22: None, 23: None}

_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def decoded(data: bytes) -> Any:
    """The one item that these bytes are; raises `ValueError` if they are not."""
    try:
        value, end = _item(data, 0, 0)
    except (IndexError, struct.error, TypeError) as failure:
        raise ValueError("not an item of CBOR") from failure
    if end != len(data) or value is _BREAK:
        raise ValueError("more or less than one item of CBOR")
    return value


def _item(data: bytes, at: int, depth: int) -> Tuple[Any, int]:
    if depth > _DEEPEST:
        raise ValueError("CBOR that is nested too deep")
    kind, small = data[at] >> 5, data[at] & 31
    at += 1
    if kind == 7:
        return _simple(data, at, small)
    if small == 31:
        return _indefinite(data, at, kind, depth)
    number, at = _number(data, at, small)
    if kind == 0:
        return number, at
    if kind == 1:
        return -1 - number, at
    if kind in (2, 3):
        return _text(data, at, kind, number)
    if kind == 4:
        items, at = _items(data, at, number, depth)
        return items, at
    if kind == 5:
        items, at = _items(data, at, 2 * number, depth)
        return _pairs(items), at
    # Of a tag only what it is put on counts here.
    return _item(data, at, depth + 1)


def _number(data: bytes, at: int, small: int) -> Tuple[int, int]:
    if small < 24:
        return small, at
    if small > 27:
        raise ValueError("a length that CBOR does not have")
    size = 1 << (small - 24)
    if at + size > len(data):
        raise IndexError(at)
    return int.from_bytes(data[at:at + size], "big"), at + size


def _text(data: bytes, at: int, kind: int, size: int) -> Tuple[Any, int]:
    if at + size > len(data):
        raise IndexError(at)
    taken = bytes(data[at:at + size])
    return (taken if kind == 2 else taken.decode()), at + size


def _items(data: bytes, at: int, count: int, depth: int) -> Tuple[List[Any], int]:
    items: List[Any] = []
    for _ in range(count):
        value, at = _item(data, at, depth + 1)
        if value is _BREAK:
            raise ValueError("an end where none can be")
        items.append(value)
    return items, at


def _pairs(items: List[Any]) -> Dict[Any, Any]:
    if len(items) % 2:
        raise ValueError("a key without a value")
    return dict(zip(items[::2], items[1::2]))


def _indefinite(data: bytes, at: int, kind: int, depth: int) -> Tuple[Any, int]:
    parts: List[Any] = []
    while True:
        value, at = _item(data, at, depth + 1)
        if value is _BREAK:
            break
        parts.append(value)
    if kind == 2:
        return b"".join(parts), at
    if kind == 3:
        return "".join(parts), at
    if kind == 4:
        return parts, at
    if kind == 5:
        return _pairs(parts), at
    raise ValueError("a length that CBOR does not have")


def _simple(data: bytes, at: int, small: int) -> Tuple[Any, int]:
    if small == 31:
        return _BREAK, at
    if small in _FLOATS:
        size = struct.calcsize(_FLOATS[small])
        return struct.unpack(_FLOATS[small], data[at:at + size])[0], at + size
    number, at = _number(data, at, small)
    if number in _SIMPLE:
        return _SIMPLE[number], at
    raise ValueError("a simple value that has no meaning")
