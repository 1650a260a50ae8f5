"""Boxes, copy streams and vouchers."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Dict, List, Optional, Tuple

from .. import functions
from ..constants import StartFlags
from ..objects import Envelope, StreamElements
from ..values import BoxIndex, Destination, ReadCap, Service, WriteCap
from .constants import THIN_CLIENT_SUCCESS  # noqa: F401
from .failures import (  # noqa: F401
    copy_reply_to_exception, error_code_to_exception, thin_client_error_to_string, translated,
)
from .geometry import PigeonholeGeometry  # noqa: F401
from .results import (
    CreateEnvelopesResult, EncryptReadResult, EncryptWriteResult, KeypairResult, StartResendingResult,
    TombstoneEnvelope, TombstoneRangeResult, VoucherInductResult, VoucherMintResult, VoucherOpenResult,
    VoucherStreamResult,
)

#: Of so many reads that were encrypted last it is known which box they are for.
_REMEMBERED = 4096


def _given(kind: Any, data: Optional[bytes], name: str) -> Any:
    if data is None:
        raise ValueError(f"{name} is needed")
    return kind.from_bytes(data)


def _optional(kind: Any, data: Optional[bytes]) -> Any:
    return None if data is None else kind.from_bytes(data)


def _packed(elements: StreamElements, indices: int) -> CreateEnvelopesResult:
    result = CreateEnvelopesResult(envelopes=list(elements), buffer=elements.buffer)
    if indices == 0:
        result.next_dest_index = bytes(elements.next_index)
    else:
        result.next_dest_indices = [bytes(elements.next_index_at(i)) for i in range(indices)]
    return result


class BoxCalls:
    """What a client does with boxes."""

    _client: Any

    def __init__(self) -> None:
        self._reads: "OrderedDict[bytes, BoxIndex]" = OrderedDict()

    @translated
    async def new_keypair(self, seed: bytes) -> KeypairResult:
        """The keys of a stream, made from a seed of 32 bytes."""
        if len(seed) != 32:
            raise ValueError("a seed has 32 bytes")
        keys = await self._client.new_keypair_remote(seed)
        return KeypairResult(bytes(keys.write_cap), bytes(keys.read_cap), bytes(keys.first))

    @translated
    async def next_message_box_index(self, message_box_index: bytes) -> bytes:
        """The index of the box behind another one."""
        return bytes(functions.next_message_box_index(_given(BoxIndex, message_box_index, "message_box_index")))

    @translated
    async def get_message_box_index_counter(self, message_box_index: bytes) -> int:
        """The place of an index in its stream."""
        return functions.get_message_box_index_counter(_given(BoxIndex, message_box_index, "message_box_index"))

    @translated
    async def encrypt_read(self, read_cap: bytes, message_box_index: bytes) -> EncryptReadResult:
        """An envelope that asks for a box; nothing is sent."""
        cap = _given(ReadCap, read_cap, "read_cap")
        index = _given(BoxIndex, message_box_index, "message_box_index")
        with await self._client.encrypt_read(cap, index) as envelope:
            self._reads[envelope.hash] = index
            while len(self._reads) > _REMEMBERED:
                self._reads.popitem(last=False)
            return EncryptReadResult(
                envelope.ciphertext, envelope.descriptor, envelope.hash, bytes(envelope.next_index)
            )

    @translated
    async def encrypt_write(self, plaintext: bytes, write_cap: bytes, message_box_index: bytes) -> EncryptWriteResult:
        """An envelope that writes a box, or deletes it if the text is empty; nothing is sent."""
        cap = _given(WriteCap, write_cap, "write_cap")
        index = _given(BoxIndex, message_box_index, "message_box_index")
        with await self._client.encrypt_write(cap, index, plaintext) as envelope:
            return EncryptWriteResult(
                envelope.ciphertext, envelope.descriptor, envelope.hash, bytes(envelope.next_index)
            )

    @translated
    async def start_resending_encrypted_message(
        self,
        read_cap: Optional[bytes],
        write_cap: Optional[bytes],
        message_box_index: Optional[bytes] = None,
        reply_index: Optional[int] = None,
        envelope_descriptor: bytes = b"",
        message_ciphertext: bytes = b"",
        envelope_hash: bytes = b"",
        no_retry_on_box_id_not_found: bool = False,
        no_idempotent_box_already_exists: bool = False,
        *,
        next_message_index: Optional[bytes] = None,
    ) -> StartResendingResult:
        """Sends an envelope until it is answered.

        :param next_message_index: another name for `message_box_index`, of older documents. Both may
            be left out, for a read too if this client has encrypted it.
        """
        flags = StartFlags(0)
        if no_retry_on_box_id_not_found:
            flags |= StartFlags.NO_RETRY
        if no_idempotent_box_already_exists:
            flags |= StartFlags.RETURN_BOX_EXISTS
        index = _optional(BoxIndex, next_message_index if message_box_index is None else message_box_index)
        if index is None and read_cap is not None:
            index = self._reads.get(bytes(envelope_hash))
        with Envelope.from_parts(message_ciphertext, envelope_descriptor, envelope_hash) as envelope:
            outcome = await self._client.start_resending_encrypted_message(
                -1 if reply_index is None else reply_index,
                envelope,
                read_cap=_optional(ReadCap, read_cap),
                write_cap=_optional(WriteCap, write_cap),
                index=index,
                flags=flags,
            )
        self._reads.pop(bytes(envelope_hash), None)
        if not any(outcome.courier.node):
            return StartResendingResult(outcome.plaintext, None, None)
        return StartResendingResult(outcome.plaintext, outcome.courier.node, outcome.courier.queue)

    async def start_resending_encrypted_message_return_box_exists(
        self,
        read_cap: Optional[bytes],
        write_cap: Optional[bytes],
        message_box_index: Optional[bytes] = None,
        reply_index: Optional[int] = None,
        envelope_descriptor: bytes = b"",
        message_ciphertext: bytes = b"",
        envelope_hash: bytes = b"",
        *,
        next_message_index: Optional[bytes] = None,
    ) -> StartResendingResult:
        """The same; a box that is written already is an error."""
        return await self.start_resending_encrypted_message(
            read_cap, write_cap, message_box_index, reply_index, envelope_descriptor, message_ciphertext,
            envelope_hash, no_idempotent_box_already_exists=True, next_message_index=next_message_index,
        )

    async def start_resending_encrypted_message_no_retry(
        self,
        read_cap: Optional[bytes],
        write_cap: Optional[bytes],
        message_box_index: Optional[bytes] = None,
        reply_index: Optional[int] = None,
        envelope_descriptor: bytes = b"",
        message_ciphertext: bytes = b"",
        envelope_hash: bytes = b"",
        *,
        next_message_index: Optional[bytes] = None,
    ) -> StartResendingResult:
        """The same; a box that is not written yet is an error."""
        return await self.start_resending_encrypted_message(
            read_cap, write_cap, message_box_index, reply_index, envelope_descriptor, message_ciphertext,
            envelope_hash, no_retry_on_box_id_not_found=True, next_message_index=next_message_index,
        )

    @translated
    async def cancel_resending_encrypted_message(self, envelope_hash: bytes) -> None:
        """Ends the sending of an envelope: who waits for it gets `StartResendingCancelledError`."""
        await self._client.cancel_resending_encrypted_message(envelope_hash)

    @translated
    async def tombstone_range(self, write_cap: bytes, start: bytes, max_count: int) -> TombstoneRangeResult:
        """Envelopes that delete boxes in a row; nothing is sent."""
        cap, index = _given(WriteCap, write_cap, "write_cap"), _given(BoxIndex, start, "start")
        with await self._client.tombstone_range(cap, index, max_count) as range_:
            failure = range_.error
            if failure is not None:
                raise failure
            made = []
            for position in range(range_.count):
                with range_.envelope_at(position) as envelope:
                    made.append(TombstoneEnvelope(
                        envelope.ciphertext, envelope.descriptor, envelope.hash,
                        bytes(range_.box_index_at(position)),
                    ))
            return TombstoneRangeResult(made, bytes(range_.next))


class CopyCalls:
    """What a client does with copy streams."""

    _client: Any

    @translated
    async def create_courier_envelopes_from_payload(
        self, payload: bytes, dest_write_cap: bytes, dest_start_index: bytes, is_start: bool, is_last: bool
    ) -> CreateEnvelopesResult:
        """Elements of a copy stream that write one payload."""
        cap = _given(WriteCap, dest_write_cap, "dest_write_cap")
        index = _given(BoxIndex, dest_start_index, "dest_start_index")
        with await self._client.create_courier_envelopes_from_payload(payload, cap, index, is_start, is_last) as made:
            return _packed(made, 0)

    @translated
    async def create_courier_envelopes_from_multi_payload(
        self, destinations: List[Dict[str, Any]], is_start: bool, is_last: bool, buffer: Optional[bytes] = None
    ) -> CreateEnvelopesResult:
        """Elements of a copy stream that write several payloads; each is a dict of payload, write_cap
        and start_index."""
        wanted = [
            Destination(
                _given(WriteCap, one["write_cap"], "write_cap"),
                _given(BoxIndex, one["start_index"], "start_index"),
                one["payload"],
            )
            for one in destinations
        ]
        with await self._client.create_courier_envelopes_from_multi_payload(
            wanted, is_start, is_last, buffer or b""
        ) as made:
            return _packed(made, len(wanted))

    @translated
    async def create_courier_envelopes_from_tombstone_range(
        self,
        dest_write_cap: bytes,
        dest_start_index: bytes,
        max_count: int,
        is_start: bool,
        is_last: bool,
        buffer: Optional[bytes] = None,
    ) -> CreateEnvelopesResult:
        """Elements of a copy stream that delete boxes in a row."""
        cap = _given(WriteCap, dest_write_cap, "dest_write_cap")
        index = _given(BoxIndex, dest_start_index, "dest_start_index")
        with await self._client.create_courier_envelopes_from_tombstone_range(
            cap, index, max_count, is_start, is_last, buffer or b""
        ) as made:
            return _packed(made, 0)

    @translated
    async def start_resending_copy_command(
        self,
        write_cap: bytes,
        courier_identity_hash: Optional[bytes] = None,
        courier_queue_id: Optional[bytes] = None,
    ) -> None:
        """Has a courier execute a copy stream; returns when that is done."""
        cap = _given(WriteCap, write_cap, "write_cap")
        if (courier_identity_hash is None) != (courier_queue_id is None):
            raise ValueError("a courier has both, a hash and a queue")
        courier = None
        if courier_identity_hash is not None and courier_queue_id is not None:
            courier = Service(courier_identity_hash, courier_queue_id)
        await self._client.start_resending_copy_command(cap, courier=courier)

    @translated
    async def cancel_resending_copy_command(self, write_cap_hash: bytes) -> None:
        """Ends the sending of a copy command, named by BLAKE2b-256 of its capability."""
        await self._client.cancel_resending_copy_command(write_cap_hash)

    @translated
    def get_all_couriers(self) -> List[Tuple[bytes, bytes]]:
        """The hash and the queue of every courier in the document."""
        with self._client.couriers as couriers:
            return [(courier.node, courier.queue) for courier in couriers]

    @translated
    def get_distinct_couriers(self, n: int) -> List[Tuple[bytes, bytes]]:
        """So many different couriers, at random."""
        with self._client.distinct_couriers(n) as couriers:
            return [(courier.node, courier.queue) for courier in couriers]


class VoucherCalls:
    """What a client does with vouchers."""

    _client: Any

    @translated
    async def voucher_mint(self, message_write_cap: bytes, display_name: str) -> VoucherMintResult:
        """A new voucher for a stream of messages."""
        cap = _given(WriteCap, message_write_cap, "message_write_cap")
        with await self._client.voucher_mint(cap, display_name) as voucher:
            stream, keys = voucher.stream(), voucher.keys()
            return VoucherMintResult(
                voucher.hash, voucher.payload, bytes(stream.write_cap), bytes(stream.read_cap),
                bytes(keys.secret_key), keys.public_key,
            )

    @translated
    async def voucher_derive_stream(self, voucher: bytes) -> VoucherStreamResult:
        """The stream of a voucher."""
        stream = await self._client.voucher_derive_stream(voucher)
        return VoucherStreamResult(bytes(stream.write_cap), bytes(stream.read_cap))

    @translated
    async def voucher_induct(self, voucher: bytes, voucher_payload: bytes, who_reply: bytes) -> VoucherInductResult:
        """Checks what the joiner has published, and seals the reply."""
        with await self._client.voucher_induct(voucher, voucher_payload, who_reply) as made:
            stream = made.stream()
            return VoucherInductResult(
                made.display_name, bytes(made.message_read_cap), made.sealed_reply,
                bytes(stream.write_cap), bytes(stream.read_cap), made.salt,
            )

    @translated
    async def voucher_open(
        self, voucher_secret_key: bytes, sealed_reply: bytes, message_write_cap: bytes
    ) -> VoucherOpenResult:
        """Opens the reply of the inductor."""
        cap = _given(WriteCap, message_write_cap, "message_write_cap")
        with await self._client.voucher_open(voucher_secret_key, sealed_reply, cap) as made:
            return VoucherOpenResult(made.who_reply, made.salt, bytes(made.message_write_cap))


# The calls as functions, too: the client is the first argument.
new_keypair = BoxCalls.new_keypair
next_message_box_index = BoxCalls.next_message_box_index
get_message_box_index_counter = BoxCalls.get_message_box_index_counter
encrypt_read = BoxCalls.encrypt_read
encrypt_write = BoxCalls.encrypt_write
start_resending_encrypted_message = BoxCalls.start_resending_encrypted_message
cancel_resending_encrypted_message = BoxCalls.cancel_resending_encrypted_message
tombstone_range = BoxCalls.tombstone_range
create_courier_envelopes_from_payload = CopyCalls.create_courier_envelopes_from_payload
create_courier_envelopes_from_multi_payload = CopyCalls.create_courier_envelopes_from_multi_payload
create_courier_envelopes_from_tombstone_range = CopyCalls.create_courier_envelopes_from_tombstone_range
start_resending_copy_command = CopyCalls.start_resending_copy_command
cancel_resending_copy_command = CopyCalls.cancel_resending_copy_command
voucher_mint = VoucherCalls.voucher_mint
voucher_derive_stream = VoucherCalls.voucher_derive_stream
voucher_induct = VoucherCalls.voucher_induct
voucher_open = VoucherCalls.voucher_open
