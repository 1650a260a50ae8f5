"""Brings the events of a client to the functions of its configuration."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Dict, Optional, Set

from .. import events as happened
from .._failure import KpcError
from ._cbor import decoded
from .geometry import pigeonhole_table, sphinx_table


def _error_of(cbor: Optional[bytes]) -> Any:
    if not cbor:
        return None
    try:
        return decoded(cbor)
    except ValueError:
        return cbor


class Delivery:
    """Delivers events until it is ended. Each goes to its function in a task of its own, which
    begin in the order of the events: a function may wait for what another one does."""

    def __init__(self, client: Any, config: Any, logger: Any, replied: Callable[[], None]) -> None:
        self._client = client
        self._config = config
        self._logger = logger
        self._replied = replied
        self._calls: Set["asyncio.Task[None]"] = set()
        self._events = client.events()
        self._task: Optional["asyncio.Task[None]"] = None

    async def begin(self) -> None:
        """Delivers what has happened so far, then goes on behind."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        # One turn for the events that are there, one for what they call.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def end(self) -> None:
        """Delivers nothing more; functions that are running go on."""
        task, self._task = self._task, None
        if task is not None and not task.get_loop().is_closed():
            task.cancel()

    async def _run(self) -> None:
        async for event in self._events:
            if isinstance(event, happened.ConnectionStatusEvent):
                self._call(self._config.handle_connection_status_event, self._status(event))
            elif isinstance(event, happened.PKIDocumentEvent):
                self._call(self._config.handle_new_pki_document_event, {"payload": event.payload})
            elif isinstance(event, happened.MessageSentEvent):
                self._call(self._config.handle_message_sent_event, self._sent(event))
            elif isinstance(event, happened.MessageReplyEvent):
                self._replied()
                self._call(self._config.handle_message_reply_event, self._reply(event))
            elif isinstance(event, happened.DisconnectedEvent):
                self._call(self._config.handle_daemon_disconnected_event, self._disconnected(event))
            elif isinstance(event, happened.OverflowEvent):
                self._logger.warning("%s", event)

    def _call(self, function: Callable[[Dict[str, Any]], Any], event: Dict[str, Any]) -> None:
        call = asyncio.get_running_loop().create_task(self._guarded(function, event))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _guarded(self, function: Callable[[Dict[str, Any]], Any], event: Dict[str, Any]) -> None:
        try:
            await function(event)
        except Exception:  # what a function raises is no reason to deliver nothing more
            self._logger.exception("a function for events has failed")

    def _status(self, event: happened.ConnectionStatusEvent) -> Dict[str, Any]:
        made = {
            "is_connected": event.is_connected,
            "err": _error_of(event.err_cbor),
            "instance_token": event.instance_token,
        }
        try:
            made["sphinx_geometry"] = sphinx_table(self._client.sphinx_geometry)
            made["pigeonhole_geometry"] = pigeonhole_table(self._client.pigeonhole_geometry)
        except KpcError:
            pass  # daemons before v0.0.76 send none
        return made

    @staticmethod
    def _sent(event: happened.MessageSentEvent) -> Dict[str, Any]:
        return {
            "message_id": event.message_id,
            "surbid": event.surb_id,
            "sent_at": event.sent_at_unix,
            "reply_eta": event.reply_eta_ns,
            "err": None if event.error is None else event.error.message,
        }

    @staticmethod
    def _reply(event: happened.MessageReplyEvent) -> Dict[str, Any]:
        return {
            "message_id": event.message_id,
            "surbid": event.surb_id,
            "payload": event.payload,
            "reply_index": event.reply_index if event.reply_index >= 0 else None,
            "error_code": 0 if event.error is None else event.error.daemon_code or 0,
        }

    @staticmethod
    def _disconnected(event: happened.DisconnectedEvent) -> Dict[str, Any]:
        return {
            "is_graceful": event.is_graceful,
            "error": None if event.error is None else event.error.message,
        }
