"""The client: its life, the directory, plain messages."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

from .. import errors, functions
from .._failure import KpcError
from ..constants import Status
from ..objects import Client
from ..values import Service
from ._cbor import decoded
from .config import Config, ConfigFile  # noqa: F401
from .document import ServiceDescriptor, blake2_256_sum, find_services, pretty_print_obj, readable  # noqa: F401
from .constants import *  # noqa: F401,F403
from .constants import MAX_MESSAGE_SIZE, REPLICA_ERROR_TOMBSTONE  # noqa: F401
from .events import Delivery
from .failures import *  # noqa: F401,F403
from .failures import ThinClientOfflineError, translated
from .geometry import Geometry, PigeonholeGeometry, pigeonhole_of, sphinx_table
from .pigeonhole import BoxCalls, CopyCalls, VoucherCalls
from .transport import DialConfig, TcpDialConfig, UnixDialConfig  # noqa: F401

#: How long after a disconnect the client connects again, and at most between two attempts.
_FIRST_PAUSE, _LAST_PAUSE = 1.0, 60.0


class _Sent(Coroutine):  # type: ignore[type-arg]
    """A call that has done its work already. It may be awaited, and need not be: a failure is raised
    there, and logged if nobody awaits it."""

    def __init__(self, failure: Optional[BaseException], logger: logging.Logger) -> None:
        self._failure = failure
        self._logger = logger

    def send(self, value: Any) -> Any:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        raise StopIteration(None)

    def throw(self, *failure: Any) -> Any:
        self._failure = None
        raise failure[0]

    def close(self) -> None:
        self._failure = None

    def __await__(self) -> Iterator[Any]:
        try:
            self.send(None)
        except StopIteration:
            pass
        return iter(())

    def __del__(self) -> None:
        if self._failure is not None:
            self._logger.error("a message was not sent: %s", self._failure)


def _encoded(payload: Union[bytes, str]) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload


class ThinClient(BoxCalls, CopyCalls, VoucherCalls):
    """A connection with the daemon."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.logger = logging.getLogger("thinclient")
        self._client = Client(config._loaded)
        self._is_stopped = False
        self._delivery: Optional[Delivery] = None
        self._reconnecting: Optional["asyncio.Task[None]"] = None
        self._replied: Optional[asyncio.Event] = None
        self._document: Tuple[bytes, Optional[Dict[str, Any]]] = (b"", None)
        self._token: Optional[bytes] = None

    @translated
    async def start(self, loop: Optional[asyncio.AbstractEventLoop] = None) -> None:
        """Connects. Events come from now on, in the event loop that runs.

        :param loop: that event loop
        """
        self._end_reconnecting()
        if self._is_stopped:
            self._client, self._is_stopped = Client(self.config._loaded), False
        try:
            await self._client.connect()
        except errors.AlreadyConnected:
            pass
        self._token = self.instance_token
        if self._delivery is None:
            self._delivery = Delivery(self._client, self.config, self.logger, self._on_reply)
            await self._delivery.begin()

    def stop(self) -> None:
        """Says goodbye to the daemon, which forgets all that it does for this client. Who waits for
        something gets an error."""
        self._end_reconnecting()
        if self._delivery is not None:
            self._delivery.end()
            self._delivery = None
        if not self._is_stopped:
            self._is_stopped = True
            try:
                self._client.close_sync()
            except KpcError as failure:
                self.logger.info("no goodbye: %s", failure)
            self._client.free()

    @translated
    def disconnect(self) -> None:
        """Leaves without a goodbye, so the daemon keeps what it does for this client. Within an
        event loop the client connects again after a second."""
        self._client.disconnect()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._end_reconnecting()
        self._reconnecting = loop.create_task(self._connect_again())

    async def _connect_again(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            await asyncio.sleep(pause)
            try:
                await self._client.connect()
                return
            except errors.AlreadyConnected:
                return
            except KpcError as failure:
                self.logger.info("not connected again: %s", failure)
            pause = min(2 * pause, _LAST_PAUSE)

    def _end_reconnecting(self) -> None:
        task, self._reconnecting = self._reconnecting, None
        if task is not None and not task.get_loop().is_closed():
            task.cancel()

    def is_connected(self) -> bool:
        """Whether the daemon is on the mixnet."""
        return not self._is_stopped and self._client.is_connected

    @property
    def instance_token(self) -> Optional[bytes]:
        """By what the daemon knows this client, or knew it last; None before `start`."""
        try:
            self._token = self._client.session_token
        except KpcError:
            pass  # there is no connection at the moment, so it is the last one
        return self._token

    @property
    def geometry(self) -> Optional[Geometry]:
        """The sizes of packets; None before the daemon has told them."""
        try:
            return Geometry(**sphinx_table(self._client.sphinx_geometry))
        except KpcError:
            return None

    @property
    def pigeonhole_geometry(self) -> Optional[PigeonholeGeometry]:
        """The sizes of boxes; None before the daemon has told them."""
        try:
            return pigeonhole_of(self._client.pigeonhole_geometry)
        except KpcError:
            return None

    @property
    def reply_received_event(self) -> asyncio.Event:
        """Is set when a reply to a plain message has come."""
        if self._replied is None:
            self._replied = asyncio.Event()
        return self._replied

    def _on_reply(self) -> None:
        self.reply_received_event.set()

    async def await_message_reply(self) -> None:
        """Waits for a reply to a plain message, unless one has come since the last such wait."""
        await self.reply_received_event.wait()
        self.reply_received_event.clear()

    def pki_document(self) -> Optional[Dict[str, Any]]:
        """The current directory document; None before the first one."""
        try:
            with self._client.pki_document as document:
                cbor = document.cbor
        except KpcError:
            return self._document[1]
        if cbor != self._document[0]:
            self._document = (cbor, decoded(cbor))
        return self._document[1]

    @property
    def pki_doc(self) -> Optional[Dict[str, Any]]:
        """The same as an attribute."""
        return self.pki_document()

    def pki_document_for_epoch(self, epoch: int) -> Dict[str, Any]:
        """The document of an epoch; the current one if that is not kept any more."""
        try:
            with self._client.pki_document_for_epoch(epoch) as document:
                return decoded(document.cbor)
        except KpcError:
            return self._needed_document()

    def _needed_document(self) -> Dict[str, Any]:
        document = self.pki_document()
        if document is None:
            raise errors.NoPKIDocument(Status.NO_PKI_DOCUMENT)
        return document

    def get_services(self, capability: str) -> List[ServiceDescriptor]:
        """All services of this name; an error if there are none."""
        found = find_services(capability, self._needed_document())
        if not found:
            raise errors.ServiceNotFound(Status.SERVICE_NOT_FOUND)
        return found

    def get_service(self, service_name: str) -> ServiceDescriptor:
        """One of them, at random."""
        return random.choice(self.get_services(service_name))

    def pretty_print_pki_doc(self, doc: Dict[str, Any]) -> None:
        """Prints a document."""
        print(pretty_print_obj(readable(doc)))

    @translated
    async def get_pki_document_raw(self, epoch: int = 0) -> Tuple[bytes, int]:
        """The document with its signatures, and its epoch; 0 asks for the current one."""
        raw = await self._client.get_pki_document_raw(epoch)
        return raw.payload, raw.epoch_out

    @translated
    async def get_directory_authorities(self) -> List[Dict[str, Any]]:
        """Those who sign documents."""
        with await self._client.get_directory_authorities() as all_:
            return [
                {
                    "identifier": all_.identifier_at(i),
                    "pki_signature_scheme": all_.pki_signature_scheme_at(i),
                    "wire_kem_scheme": all_.wire_kem_scheme_at(i),
                    "addresses": [all_.address_at(i, n) for n in range(all_.address_count_at(i))],
                    "identity_public_key_pem": all_.identity_public_key_pem_at(i),
                    "link_public_key_pem": all_.link_public_key_pem_at(i),
                    "identity_key_hash": all_.identity_key_hash_at(i),
                }
                for i in range(all_.count)
            ]

    @staticmethod
    def new_message_id() -> bytes:
        """A new id of a message."""
        return functions.new_message_id()

    def new_surb_id(self) -> bytes:
        """A new id of a reply block."""
        return functions.new_surb_id()

    def new_query_id(self) -> bytes:
        """A new id of a request."""
        return functions.new_query_id()

    def _online(self) -> Client:
        if not self.is_connected():
            raise ThinClientOfflineError("the daemon is not on the mixnet")
        return self._client

    def _sent(self, send: Callable[[], Any]) -> _Sent:
        try:
            translated(send)()
        except Exception as failure:
            return _Sent(failure, self.logger)
        return _Sent(None, self.logger)

    def send_message(
        self, surb_id: bytes, payload: Union[bytes, str], dest_node: bytes, dest_queue: bytes
    ) -> "Coroutine[Any, Any, None]":
        """Sends a plain message that can be answered. Awaiting what it returns is optional."""
        return self._sent(
            lambda: self._online().send_message(surb_id, Service(dest_node, dest_queue), _encoded(payload))
        )

    def send_message_without_reply(
        self, payload: Union[bytes, str], dest_node: bytes, dest_queue: bytes
    ) -> "Coroutine[Any, Any, None]":
        """Sends a plain message. Awaiting what it returns is optional."""
        return self._sent(
            lambda: self._online().send_message_without_reply(Service(dest_node, dest_queue), _encoded(payload))
        )

    def send_reliable_message(
        self, message_id: bytes, payload: Union[bytes, str], dest_node: bytes, dest_queue: bytes
    ) -> "Coroutine[Any, Any, None]":
        """Sends a plain message that a daemon up to v0.0.72 repeats until it is answered."""
        return self._sent(
            lambda: self._online().send_reliable_message(
                message_id, Service(dest_node, dest_queue), _encoded(payload)
            )
        )

    @translated
    async def blocking_send_message(
        self, payload: Union[bytes, str], dest_node: bytes, dest_queue: bytes, timeout_seconds: float = 30.0
    ) -> bytes:
        """Sends a plain message and returns the reply; raises `asyncio.TimeoutError`."""
        service = Service(dest_node, dest_queue)
        return await self._online().send_message_await_reply(service, _encoded(payload), timeout=timeout_seconds)
