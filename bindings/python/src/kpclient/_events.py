"""Events of a client, and the stream that they come from."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Optional

from ._failure import check, no_error
from ._library import ffi, lib
from ._memory import text_given
from ._objects import milliseconds
from ._running import SLICE
from .constants import EventKind, Status


@dataclass(frozen=True)
class Event:
    """Something that happened unasked."""

    #: What happened, an `EventKind`; a later version of the library may have others.
    kind: int
    #: The event in one line, for people.
    text: str

    def __str__(self) -> str:
        return self.text

    @classmethod
    def _given(cls, event, kind, client) -> Event:
        raise NotImplementedError

    @staticmethod
    def _text(event) -> str:
        return gotten(lib.kpc_event_describe, event, "kpc_buffer **", text_given) or ""


class UnknownEvent(Event):
    """An event of a kind that this version does not know."""

    @classmethod
    def _given(cls, event, kind, client) -> UnknownEvent:
        return cls(kind=kind, text=cls._text(event))


def gotten(getter, event, output: str, value):
    """What an event carries; None if it does not."""
    out = ffi.new(output)
    return value(out) if getter(event, out, ffi.NULL) == Status.OK else None


def _wake(waiter: "asyncio.Future[Any]") -> None:
    if not waiter.done():
        waiter.set_result(None)


class Events:
    """The events of a client from its opening on, starting with the current status and document:
    `async for event in client.events()`, or `for` in a program without asyncio.

    A slow reader loses the oldest events, and gets an `OverflowEvent` that says how many.
    """

    def __init__(self, client, capacity: int) -> None:
        sink, error = ffi.new("kpc_event_sink **"), no_error()
        check(lib.kpc_event_sink_open(client._pointer, capacity, sink, error), error)
        self._sink = ffi.gc(sink[0], lib.kpc_event_sink_free)
        self._client = client
        self._waiter: Optional["asyncio.Future[Any]"] = None

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Event:
        if self._waiter is not None:
            raise RuntimeError("another task waits for the next event")
        while True:
            try:
                return self.next(0)
            except TimeoutError:
                await self._readable()
            except StopIteration:
                raise StopAsyncIteration from None

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        descriptor = lib.kpc_event_sink_fd(self._sink)
        if descriptor < 0:
            return
        self._waiter = waiter = loop.create_future()
        loop.add_reader(descriptor, _wake, waiter)
        try:
            await waiter
        finally:
            self._waiter = None
            loop.remove_reader(descriptor)

    def __iter__(self) -> Events:
        return self

    def __next__(self) -> Event:
        return self.next(None)

    def next(self, timeout: Optional[float] = None) -> Event:
        """The next event; blocks for so many seconds at most, then raises `TimeoutError`."""
        from .events import event_given

        event = ffi.new("kpc_event **")
        limit = None if timeout is None else time.monotonic() + timeout
        while True:
            # In slices, so that signals have their turn.
            left = SLICE if limit is None else milliseconds(max(limit - time.monotonic(), 0.0))
            error = no_error()
            status = lib.kpc_event_sink_next(self._sink, min(left, SLICE), event, error)
            if status in (Status.CLOSED, Status.BAD_HANDLE):
                lib.kpc_error_free(error[0])
                raise StopIteration
            if status == Status.TIMEOUT and (limit is None or left > SLICE):
                lib.kpc_error_free(error[0])
                continue
            check(status, error)
            if lib.kpc_event_kind(event[0]) != EventKind.OPERATION:
                return event_given(event[0], self._client)
            lib.kpc_event_free(event[0])

    def close(self) -> None:
        """Ends it: whoever waits for an event gets no more."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.get_loop().remove_reader(lib.kpc_event_sink_fd(self._sink))
            waiter.set_result(None)
        ffi.release(self._sink)

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
