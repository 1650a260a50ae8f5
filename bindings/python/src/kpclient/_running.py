"""Operations in an event loop of asyncio.

Their completions come out of a sink, whose descriptor the loop watches: the library never calls
anything of Python's, so nothing of Python's runs on a foreign thread.
"""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Dict, NamedTuple

from ._failure import _failure, check, no_error
from ._library import ffi, lib
from .constants import EventKind, Status

#: So many events are taken before the loop's other tasks have their turn.
_AT_ONCE = 256


class Pump:
    """Brings the completions of one client into one event loop."""

    def __init__(self, client, loop: asyncio.AbstractEventLoop) -> None:
        sink, error = ffi.new("kpc_event_sink **"), no_error()
        # Completions are never dropped; the other events that it gets are thrown away.
        check(lib.kpc_event_sink_open(client, 1, sink, error), error)
        self._sink = ffi.gc(sink[0], lib.kpc_event_sink_free)
        self._loop = loop
        self._waiting: Dict[int, "asyncio.Future[Any]"] = {}
        self._last = 0
        self._descriptor = lib.kpc_event_sink_fd(self._sink)
        if self._descriptor < 0:
            raise OSError("the process has no descriptor left")
        loop.add_reader(self._descriptor, self._drain)

    def expect(self, future: "asyncio.Future[Any]"):
        """A completion that is for this future, and the number that it is known by."""
        self._last += 1
        self._waiting[self._last] = future
        number = ffi.cast("void *", self._last)
        return self._last, ffi.new("kpc_completion *", {"user_data": number, "sink": self._sink})

    def forget(self, number: int) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(number, None)

    def _drain(self) -> None:
        event = ffi.new("kpc_event **")
        for _ in range(_AT_ONCE):
            status = lib.kpc_event_sink_next(self._sink, 0, event, ffi.NULL)
            if status == Status.TIMEOUT:
                return
            if status != Status.OK:
                self.stop()
                return
            try:
                if lib.kpc_event_kind(event[0]) == EventKind.OPERATION:
                    self._deliver(event[0])
            finally:
                lib.kpc_event_free(event[0])

    def _deliver(self, event) -> None:
        output = ffi.new("kpc_result **")
        if lib.kpc_event_result(event, output, ffi.NULL) != Status.OK:
            return
        result = ffi.gc(output[0], lib.kpc_result_free)
        number = int(ffi.cast("uintptr_t", lib.kpc_result_user_data(result)))
        future = self._waiting.pop(number, None)
        if future is not None and not future.done():
            future.set_result(result)

    def stop(self) -> None:
        """Ends it; in the thread of its loop."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            self._descriptor = -1
            ffi.release(self._sink)
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(_failure(Status.CLOSED, ffi.NULL))

    def stop_soon(self) -> None:
        """Ends it, from any thread and also when its loop has ended."""
        try:
            self._loop.call_soon_threadsafe(self.stop)
        except RuntimeError:
            # The loop is closed; it watches nothing any more.
            self._descriptor = -1
            ffi.release(self._sink)


def stop_all(pumps: Dict[asyncio.AbstractEventLoop, Pump]) -> None:
    """Ends the pumps of a client, on whatever thread."""
    try:
        here = asyncio.get_running_loop()
    except RuntimeError:
        here = None  # type: ignore[assignment]
    for loop, pump in list(pumps.items()):
        if loop is here:
            pump.stop()
        else:
            pump.stop_soon()
    pumps.clear()


class Call(NamedTuple):
    """A call on the daemon that has not begun."""

    #: Whose operation it is.
    client: Any
    #: Starts it, with the completion, the operation and the error as outputs.
    start: Callable[[Any, Any, Any], int]
    #: Takes its outputs out of a result.
    take: Callable[[Any], Any]

    def begin(self, done) -> int:
        """The operation, once it is started."""
        if self.client is None:
            raise TypeError("this object belongs to no client")
        op, error = ffi.new("kpc_op *"), no_error()
        check(self.start(done, op, error), error)
        return op[0]


async def run(call: Call) -> Any:
    """What a call returns. A task that is cancelled cancels the operation."""
    loop = asyncio.get_running_loop()
    pump = call.client._pump_of(loop)
    future = loop.create_future()
    number, done = pump.expect(future)
    try:
        op = call.begin(done)
        try:
            result = await future
        except asyncio.CancelledError:
            lib.kpc_op_cancel(call.client._pointer, op, ffi.NULL)
            raise
    finally:
        pump.forget(number)
    return call.take(result)


#: So many milliseconds a signal waits, such as that of Ctrl-C, while a thread is in the library.
SLICE = 200


def wait(call: Call) -> Any:
    """What a call returns; blocks the calling thread. An exception of a signal handler
    (`KeyboardInterrupt`) cancels the operation."""
    op = call.begin(ffi.NULL)
    client, output = call.client._pointer, ffi.new("kpc_result **")
    try:
        status = lib.kpc_op_wait(client, op, SLICE, output, ffi.NULL)
        while status == Status.TIMEOUT:
            status = lib.kpc_op_wait(client, op, SLICE, output, ffi.NULL)
    except BaseException:
        lib.kpc_op_cancel(client, op, ffi.NULL)
        # Nobody else would fetch the result.
        lib.kpc_op_wait(client, op, SLICE, output, ffi.NULL)
        lib.kpc_result_free(output[0])
        raise
    check(status, no_error())
    return call.take(ffi.gc(output[0], lib.kpc_result_free))
