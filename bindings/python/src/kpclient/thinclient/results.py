"""What the calls return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional


@dataclass
class KeypairResult:
    """The capabilities of a new stream, and its first index."""

    write_cap: bytes
    read_cap: bytes
    first_message_index: bytes

    @property
    def first_index(self) -> bytes:
        """The name that the documents use."""
        return self.first_message_index


@dataclass
class EncryptReadResult:
    """An envelope that asks for a box."""

    message_ciphertext: bytes
    envelope_descriptor: bytes
    envelope_hash: bytes
    next_message_box_index: bytes


@dataclass
class EncryptWriteResult:
    """An envelope that writes a box."""

    message_ciphertext: bytes
    envelope_descriptor: bytes
    envelope_hash: bytes
    next_message_box_index: bytes


@dataclass
class StartResendingResult:
    """What a read found, nothing for a write; and the courier that carried it."""

    plaintext: bytes
    courier_identity_hash: Optional[bytes]
    courier_queue_id: Optional[bytes]


@dataclass
class TombstoneEnvelope:
    """An envelope that deletes a box."""

    message_ciphertext: bytes
    envelope_descriptor: bytes
    envelope_hash: bytes
    box_index: bytes


@dataclass
class TombstoneRangeResult:
    """Envelopes that delete boxes in a row, and the index behind them."""

    envelopes: List[TombstoneEnvelope]
    next: bytes


@dataclass
class CreateEnvelopesResult:
    """Elements of a copy stream; what to pass to the next call; the indices behind what was packed."""

    envelopes: List[bytes]
    buffer: bytes = b""
    next_dest_index: Optional[bytes] = None
    next_dest_indices: Optional[List[bytes]] = None


@dataclass
class VoucherMintResult:
    """A new voucher, with its payload, its stream and its keys."""

    voucher: bytes
    voucher_payload: bytes
    voucher_write_cap: bytes
    voucher_read_cap: bytes
    voucher_secret_key: bytes
    voucher_public_key: bytes


@dataclass
class VoucherStreamResult:
    """The stream of a voucher."""

    voucher_write_cap: bytes
    voucher_read_cap: bytes


@dataclass
class VoucherInductResult:
    """What the inductor learns, and the reply for the joiner."""

    display_name: str
    mutated_message_read_cap: bytes
    sealed_reply: bytes
    voucher_write_cap: bytes
    voucher_read_cap: bytes
    salt: bytes


@dataclass
class VoucherOpenResult:
    """What the inductor replied, and the capability to write with from now on."""

    who_reply: bytes
    salt: bytes
    mutated_message_write_cap: bytes
