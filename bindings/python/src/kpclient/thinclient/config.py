"""The configuration of a client, and the functions that its events go to."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, Optional

from .._failure import KpcError
from ..constants import Transport
from ..objects import Config as Loaded
from .failures import ConfigError
from .transport import DialConfig, TcpDialConfig, UnixDialConfig


def _load(path: str) -> Loaded:
    try:
        config = Loaded.load_file(path)
        config.validate()
        return config
    except (KpcError, ValueError) as failure:
        raise ConfigError(f"config: {path}: {failure}") from failure


def _dial_of(loaded: Loaded) -> DialConfig:
    if loaded.transport == Transport.UNIX:
        return DialConfig(unix=UnixDialConfig(loaded.address))
    return DialConfig(tcp=TcpDialConfig(loaded.address, loaded.network))


class ConfigFile:
    """What a configuration file says."""

    def __init__(self, dial: DialConfig) -> None:
        self.dial = dial

    @classmethod
    def load(cls, toml_path: str) -> ConfigFile:
        """Reads a file; raises `ConfigError`."""
        return cls(_dial_of(_load(toml_path)))

    def __str__(self) -> str:
        return f"ConfigFile({self.dial.resolve()})"


async def _call(function: Optional[Callable[[Any], Any]], event: Dict[str, Any]) -> None:
    """Calls a plain function or a coroutine, if there is one."""
    if function is not None:
        outcome = function(event)
        if inspect.isawaitable(outcome):
            await outcome


class Config:
    """A configuration file, and a function for each kind of event.

    A function receives a dict, and may be plain or a coroutine. It may be set, changed or removed
    later, too.
    """

    def __init__(
        self,
        filepath: str,
        on_connection_status: Optional[Callable[[Any], Any]] = None,
        on_new_pki_document: Optional[Callable[[Any], Any]] = None,
        on_message_sent: Optional[Callable[[Any], Any]] = None,
        on_message_reply: Optional[Callable[[Any], Any]] = None,
        on_daemon_disconnected: Optional[Callable[[Any], Any]] = None,
    ) -> None:
        self._loaded = _load(filepath)
        self.dial = _dial_of(self._loaded)
        self.on_connection_status = on_connection_status
        self.on_new_pki_document = on_new_pki_document
        self.on_message_sent = on_message_sent
        self.on_message_reply = on_message_reply
        self.on_daemon_disconnected = on_daemon_disconnected

    async def handle_connection_status_event(self, event: Dict[str, Any]) -> None:
        """Keys: is_connected, err, instance_token, sphinx_geometry, pigeonhole_geometry."""
        await _call(self.on_connection_status, event)

    async def handle_new_pki_document_event(self, event: Dict[str, Any]) -> None:
        """Key: payload, the CBOR of the document."""
        await _call(self.on_new_pki_document, event)

    async def handle_message_sent_event(self, event: Dict[str, Any]) -> None:
        """Keys: message_id, surbid, sent_at (in seconds), reply_eta (in nanoseconds), err."""
        await _call(self.on_message_sent, event)

    async def handle_message_reply_event(self, event: Dict[str, Any]) -> None:
        """Keys: message_id, surbid, payload, reply_index, error_code."""
        await _call(self.on_message_reply, event)

    async def handle_daemon_disconnected_event(self, event: Dict[str, Any]) -> None:
        """Keys: is_graceful, error."""
        await _call(self.on_daemon_disconnected, event)
