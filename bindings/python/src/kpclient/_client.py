"""The life of a client."""

from __future__ import annotations

import asyncio
import atexit
import weakref
from typing import Any, Dict, Optional

from ._events import Events
from ._failure import check, no_error
from ._library import ffi, lib
from ._objects import Object, milliseconds, pointer
from ._running import Call, Pump, run, stop_all, wait

#: Clients that are open, for the end of the program.
_open: "weakref.WeakSet[ClientBase]" = weakref.WeakSet()

#: How many seconds a goodbye may take.
_GOODBYE = 2.0


class ClientBase(Object):
    """What of a client is not generated."""

    _pumps: Dict[asyncio.AbstractEventLoop, Pump]

    def __init__(self, config) -> None:
        """
        :param config: what to connect with; later changes to it do not affect the client
        """
        from .objects import Config

        output, error = ffi.new("kpc_client **"), no_error()
        check(lib.kpc_client_new(pointer(config, Config), output, error), error)
        self._own(output[0], None)
        self._pumps = {}
        self._is_closed = False
        weakref.finalize(self, stop_all, self._pumps).atexit = False
        _open.add(self)

    @property
    def _client(self):
        return self

    @_client.setter
    def _client(self, client) -> None:
        """A client belongs to itself."""

    def _pump_of(self, loop: asyncio.AbstractEventLoop) -> Pump:
        pump = self._pumps.get(loop)
        if pump is None:
            for other in [other for other in self._pumps if other.is_closed()]:
                self._pumps.pop(other).stop_soon()
            pump = self._pumps[loop] = Pump(self._pointer, loop)
        return pump

    def events(self, capacity: int = 1024) -> Events:
        """The events of this client from now on, starting with the current status and document.

        :param capacity: how many events wait at most before the oldest is dropped
        """
        return Events(self, capacity)

    def _closing(self, timeout: Optional[float]) -> Call:
        def start(done, op, error):
            return lib.kpc_client_close_async(self._pointer, milliseconds(timeout), done, op, error)

        def take(result):
            error = no_error()
            check(lib.kpc_client_close_result(result, error), error)

        return Call(self, start, take)

    async def close(self, *, timeout: Optional[float] = _GOODBYE) -> None:
        """Says goodbye to the daemon, and ends every operation and every stream of events. What is
        called on the client then raises `Closed`; closing it again does nothing."""
        if not self._is_closed:
            await run(self._closing(timeout))
            self._closed()

    def close_sync(self, *, timeout: Optional[float] = _GOODBYE) -> None:
        """As `close`, but blocks."""
        if not self._is_closed:
            wait(self._closing(timeout))
            self._closed()

    def _closed(self) -> None:
        self._is_closed = True
        _open.discard(self)
        stop_all(self._pumps)

    def free(self) -> None:
        """Frees the client at once, without waiting; the goodbye to the daemon goes on behind."""
        self._closed()
        super().free()

    def __exit__(self, *_: object) -> None:
        self.close_sync()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Opening:
    """What `open` returns: connects where a `with` or `async with` begins, closes where it ends."""

    def __init__(self, config, timeout: Optional[float]) -> None:
        self._config = config
        self._timeout = timeout
        self._client: Any = None

    def _made(self):
        from .objects import Client

        self._client = Client(self._config)
        return self._client

    async def __aenter__(self):
        client = self._made()
        try:
            await client.connect(timeout=self._timeout)
        except BaseException:
            client.free()
            raise
        return client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    def __enter__(self):
        client = self._made()
        try:
            client.connect_sync(timeout=self._timeout)
        except BaseException:
            client.free()
            raise
        return client

    def __exit__(self, *_: object) -> None:
        self._client.close_sync()


def open(path: Optional[str] = None, *, config=None, timeout: Optional[float] = 60.0) -> Opening:
    """A connection with the daemon: `async with kpclient.open("thinclient.toml") as client`. Also
    with a plain `with`, for programs without asyncio.

    :param path: the file that the daemon's clients are configured with
    :param config: a `Config`, in place of the file
    :param timeout: how many seconds connecting may take
    """
    from .objects import Config

    if (path is None) == (config is None):
        raise TypeError("either the path of a file or a config is needed")
    if path is not None:
        config = Config.load_file(path)
    return Opening(config, timeout)


@atexit.register
def _close_all() -> None:
    """The daemon forgets the program at once, and no line of a log comes while Python ends."""
    for client in list(_open):
        lib.kpc_client_close(client._pointer, int(_GOODBYE * 1000), ffi.NULL)
