"""The exceptions, and what becomes which of them."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import Any, Callable, Dict, Optional, Type, TypeVar

from .. import errors
from .._failure import KpcError
from . import constants as codes


class ThinClientOfflineError(Exception):
    """The daemon is not on the mixnet, so a plain message cannot leave."""


class ConfigError(Exception):
    """A configuration file that cannot be used."""


class PayloadTooLargeError(Exception):
    """More than a box or a packet holds."""


class ReplicaError(Exception):
    """A replica refused."""


class BoxIDNotFoundError(ReplicaError):
    """The box is not written yet."""


class InvalidBoxIDError(ReplicaError):
    """The id of the box is malformed."""


class InvalidSignatureError(ReplicaError):
    """The signature of a box is wrong."""


class DatabaseFailureError(ReplicaError):
    """The storage of the replica failed."""


class InvalidPayloadError(ReplicaError):
    """The replica refused the content."""


class StorageFullError(ReplicaError):
    """The replica has no room."""


class ReplicaInternalError(ReplicaError):
    """Something failed inside the replica."""


class InvalidEpochError(ReplicaError):
    """The epoch is wrong or over."""


class ReplicationFailedError(ReplicaError):
    """The other replicas were not reached."""


class BoxAlreadyExistsError(ReplicaError):
    """The box is written already."""


class TombstoneError(ReplicaError):
    """The box was deleted."""


class CourierError(Exception):
    """A courier refused."""


class CourierInvalidEnvelopeError(CourierError):
    """The courier finds the envelope malformed."""


class CourierCacheCorruptionError(CourierError):
    """The courier's cache of replies is broken."""


class CourierPropagationError(CourierError):
    """The courier did not reach the replicas."""


class CourierInvalidEpochError(CourierError):
    """The envelope is too old or too new for the courier: encrypt again."""


class MKEMDecryptionFailedError(Exception):
    """The outer envelope of an answer cannot be opened."""


class BACAPDecryptionFailedError(Exception):
    """The content of a box cannot be opened."""


class InvalidTombstoneSignatureError(Exception):
    """A replica says that a box was deleted, and cannot prove it."""


class StartResendingCancelledError(Exception):
    """The operation was cancelled, by its hash."""


class CopyCommandFailedError(Exception):
    """A courier gave a copy up: why, and at which envelope, counted from 1. 0 means not reported."""

    def __init__(self, replica_error_code: int = 0, failed_envelope_index: int = 0) -> None:
        self.replica_error_code = replica_error_code
        self.failed_envelope_index = failed_envelope_index
        super().__init__(f"the copy failed at envelope {failed_envelope_index}, replica code {replica_error_code}")


__all__ = [
    "BACAPDecryptionFailedError", "BoxAlreadyExistsError", "BoxIDNotFoundError", "ConfigError",
    "CopyCommandFailedError", "CourierCacheCorruptionError", "CourierError", "CourierInvalidEnvelopeError",
    "CourierInvalidEpochError", "CourierPropagationError", "DatabaseFailureError", "InvalidBoxIDError",
    "InvalidEpochError", "InvalidPayloadError", "InvalidSignatureError", "InvalidTombstoneSignatureError",
    "MKEMDecryptionFailedError", "PayloadTooLargeError", "ReplicaError", "ReplicaInternalError",
    "ReplicationFailedError", "StartResendingCancelledError", "StorageFullError", "ThinClientOfflineError",
    "TombstoneError", "copy_reply_to_exception", "error_code_to_exception", "is_expected_outcome",
    "thin_client_error_to_string",
]

#: What each number means, and its exception if it has one of its own.
_BY_CODE: Dict[int, Type[Exception]] = {
    codes.REPLICA_ERROR_BOX_ID_NOT_FOUND: BoxIDNotFoundError,
    codes.REPLICA_ERROR_INVALID_BOX_ID: InvalidBoxIDError,
    codes.REPLICA_ERROR_INVALID_SIGNATURE: InvalidSignatureError,
    codes.REPLICA_ERROR_DATABASE_FAILURE: DatabaseFailureError,
    codes.REPLICA_ERROR_INVALID_PAYLOAD: InvalidPayloadError,
    codes.REPLICA_ERROR_STORAGE_FULL: StorageFullError,
    codes.REPLICA_ERROR_INTERNAL_ERROR: ReplicaInternalError,
    codes.REPLICA_ERROR_INVALID_EPOCH: InvalidEpochError,
    codes.REPLICA_ERROR_REPLICATION_FAILED: ReplicationFailedError,
    codes.REPLICA_ERROR_BOX_ALREADY_EXISTS: BoxAlreadyExistsError,
    codes.REPLICA_ERROR_TOMBSTONE: TombstoneError,
    codes.THIN_CLIENT_ERROR_COURIER_CACHE_CORRUPTION: CourierCacheCorruptionError,
    codes.THIN_CLIENT_PROPAGATION_ERROR: CourierPropagationError,
    codes.THIN_CLIENT_ERROR_MKEM_DECRYPTION_FAILED: MKEMDecryptionFailedError,
    codes.THIN_CLIENT_ERROR_BACAP_DECRYPTION_FAILED: BACAPDecryptionFailedError,
    codes.THIN_CLIENT_ERROR_START_RESENDING_CANCELLED: StartResendingCancelledError,
    codes.THIN_CLIENT_ERROR_INVALID_TOMBSTONE_SIG: InvalidTombstoneSignatureError,
    codes.THIN_CLIENT_ERROR_PAYLOAD_TOO_LARGE: PayloadTooLargeError,
    codes.THIN_CLIENT_ERROR_COURIER_INVALID_ENVELOPE: CourierInvalidEnvelopeError,
    codes.THIN_CLIENT_ERROR_COURIER_INVALID_EPOCH: CourierInvalidEpochError,
}

_TEXTS: Dict[int, str] = {
    0: "success", 1: "connection lost", 2: "timed out", 3: "invalid request", 4: "internal error",
    5: "too many retries", 6: "invalid channel", 7: "no such channel", 8: "permission denied",
    9: "invalid payload", 10: "service unavailable", 11: "capability given twice",
    12: "the courier's cache is corrupt", 13: "the courier did not reach the replicas",
    14: "invalid write capability", 15: "invalid read capability", 16: "invalid request to resume a write channel",
    17: "invalid request to resume a read channel", 18: "impossible hash", 19: "no write capability was made",
    20: "no writer was made", 21: "capability is in use", 22: "the answer cannot be opened",
    23: "the content of the box cannot be opened", 24: "cancelled", 25: "invalid signature of a tombstone",
    26: "the copy failed", 27: "payload too large", 28: "the payload is not that of the voucher",
    29: "invalid signature in the voucher's payload", 30: "the sealed reply cannot be opened",
    31: "invalid envelope, says the courier", 32: "invalid epoch, says the courier",
}


def thin_client_error_to_string(error_code: int) -> str:
    """A number of the daemon's as a text."""
    return _TEXTS.get(error_code, f"unknown error code {error_code}")


def error_code_to_exception(error_code: int) -> Optional[Exception]:
    """The exception for a number that answers a read or a write; None for success. 1 to 11 are a
    replica's there."""
    if error_code == codes.THIN_CLIENT_SUCCESS:
        return None
    kind = _BY_CODE.get(error_code)
    if kind is None:
        return Exception(thin_client_error_to_string(error_code))
    return kind(kind.__doc__)


def copy_reply_to_exception(reply: Dict[str, Any]) -> Optional[Exception]:
    """The exception for the answer to a copy command; None for success."""
    code = reply.get("error_code") or codes.THIN_CLIENT_SUCCESS
    if code == codes.THIN_CLIENT_ERROR_COPY_COMMAND_FAILED:
        return CopyCommandFailedError(reply.get("replica_error_code") or 0, reply.get("failed_envelope_index") or 0)
    return error_code_to_exception(code)


def is_expected_outcome(exc: Exception) -> bool:
    """Whether it tells the state of a box, rather than that something failed."""
    return isinstance(exc, (BoxIDNotFoundError, BoxAlreadyExistsError, TombstoneError))


_BY_FAILURE: Dict[Type[KpcError], Type[BaseException]] = {
    errors.BoxIDNotFound: BoxIDNotFoundError,
    errors.InvalidBoxID: InvalidBoxIDError,
    errors.InvalidSignature: InvalidSignatureError,
    errors.DatabaseFailure: DatabaseFailureError,
    errors.InvalidPayload: InvalidPayloadError,
    errors.StorageFull: StorageFullError,
    errors.ReplicaInternal: ReplicaInternalError,
    errors.InvalidEpoch: InvalidEpochError,
    errors.ReplicationFailed: ReplicationFailedError,
    errors.BoxAlreadyExists: BoxAlreadyExistsError,
    errors.Tombstone: TombstoneError,
    errors.CourierInvalidEnvelope: CourierInvalidEnvelopeError,
    errors.CourierCacheCorruption: CourierCacheCorruptionError,
    errors.CourierPropagation: CourierPropagationError,
    errors.CourierInvalidEpoch: CourierInvalidEpochError,
    errors.MkemDecryptionFailed: MKEMDecryptionFailedError,
    errors.BacapDecryptionFailed: BACAPDecryptionFailedError,
    errors.InvalidTombstoneSignature: InvalidTombstoneSignatureError,
    errors.StartResendingCancelled: StartResendingCancelledError,
    errors.PayloadTooLarge: PayloadTooLargeError,
    errors.Offline: ThinClientOfflineError,
    errors.Timeout: asyncio.TimeoutError,
    errors.ArgNull: ValueError,
    errors.ArgSize: ValueError,
    errors.ArgEmpty: ValueError,
    errors.ArgPair: ValueError,
    errors.ArgCapChoice: ValueError,
    errors.ConnectionLost: BrokenPipeError,
    errors.NotConnected: BrokenPipeError,
    errors.BadHandle: BrokenPipeError,
    errors.Closed: BrokenPipeError,
}


def exception_for(failure: KpcError) -> BaseException:
    """What a failure of the library is here: itself, where the thin client has no class for it."""
    if isinstance(failure, errors.CopyFailed):
        return CopyCommandFailedError(failure.replica_code or 0, failure.failed_envelope or 0)
    kind = _BY_FAILURE.get(type(failure))
    return failure if kind is None else kind(failure.message)


Function = TypeVar("Function", bound=Callable[..., Any])


def translated(function: Function) -> Function:
    """The function, with the exceptions of the thin client; the library's own is their cause."""
    if inspect.iscoroutinefunction(function):
        @functools.wraps(function)
        async def waits(*arguments: Any, **named: Any) -> Any:
            try:
                return await function(*arguments, **named)
            except KpcError as failure:
                exception = exception_for(failure)
                if exception is failure:
                    raise
                raise exception from failure

        return waits  # type: ignore[return-value]

    @functools.wraps(function)
    def does(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except KpcError as failure:
            exception = exception_for(failure)
            if exception is failure:
                raise
            raise exception from failure

    return does  # type: ignore[return-value]
