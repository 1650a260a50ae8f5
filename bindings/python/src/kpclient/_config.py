"""The log of a client."""

from __future__ import annotations

import atexit
import logging
import queue
import threading
import traceback
from typing import Any, Optional, Set, Tuple

from ._failure import check, no_error
from ._library import ffi, lib
from ._objects import Object

#: Python's levels for those of the library.
_LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG, 5: logging.DEBUG}

#: Handles of loggers, for as long as the library may use them.
_loggers: Set[Any] = set()

#: Lines that nobody has logged yet.
_lines: "queue.SimpleQueue[Optional[Tuple[logging.Logger, int, str]]]" = queue.SimpleQueue()

_writer: Optional[threading.Thread] = None


@ffi.callback("void(int32_t, const char *, void *)")
def _on_line(level, text, user_data) -> None:
    """Runs on a thread of the library, so it does no more than this."""
    _lines.put((ffi.from_handle(user_data), _LEVELS.get(level, logging.DEBUG), ffi.string(text).decode()))


@ffi.callback("void(void *)")
def _on_drop(user_data) -> None:
    _loggers.discard(user_data)


def _write() -> None:
    while True:
        line = _lines.get()
        if line is None:
            return
        logger, level, text = line
        try:
            logger.log(level, "%s", text)
        except Exception:  # what a handler raises is no reason to log nothing more
            traceback.print_exc()


def _begin() -> None:
    global _writer
    # A thread does not come along into a forked child.
    if _writer is None or not _writer.is_alive():
        _writer = threading.Thread(target=_write, name="kpclient log", daemon=True)
        _writer.start()
        atexit.register(_end, _writer)


def _end(writer: threading.Thread) -> None:
    _lines.put(None)
    writer.join(1.0)


class ConfigBase(Object):
    """What of a configuration is not generated."""

    def set_log(self, level: int, logger: Optional[logging.Logger]) -> None:
        """Where the lines of the log go. Handlers run on a thread of their own.

        :param level: the maximum verbosity, a `LogLevel`
        :param logger: receives the lines; None for no log
        """
        error = no_error()
        if logger is None:
            nothing = ffi.NULL
            check(lib.kpc_config_set_log(self._pointer, level, nothing, nothing, nothing, error), error)
            return
        if not callable(getattr(logger, "log", None)):
            raise TypeError(f"a logger is needed, not a {type(logger).__name__}")
        _begin()
        handle = ffi.new_handle(logger)
        _loggers.add(handle)
        check(lib.kpc_config_set_log(self._pointer, level, _on_line, handle, _on_drop, error), error)
