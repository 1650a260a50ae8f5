"""How a status of the library becomes an exception."""

from __future__ import annotations

from typing import Optional

from ._library import ffi, lib


class KpcError(Exception):
    """A failure that the library reports; `kpclient.errors` has a class for each status."""

    #: The number of the status.
    status: int
    #: Its name, as in "BOX_ID_NOT_FOUND".
    name: str
    #: The family of the status, a `Category`.
    category: int
    #: Who reported it, an `Origin`.
    origin: int
    #: What went wrong, for people.
    message: str
    #: The number that the daemon sent; None if it reported nothing.
    daemon_code: Optional[int]
    #: The number that a replica answered with; None if there is none.
    replica_code: Optional[int]
    #: The envelope at which a copy command stopped, counted from 1; None if there is none.
    failed_envelope: Optional[int]
    #: The error number of the operating system; None if it reported nothing.
    errno: Optional[int]

    def __init__(self, status: int, error=ffi.NULL) -> None:
        name = ffi.string(lib.kpc_status_name(status)).decode()
        message = ffi.string(lib.kpc_error_message(error)).decode()
        self.message = message or ffi.string(lib.kpc_status_text(status)).decode()
        super().__init__(self.message)
        self.status = status
        self.name = name[len("KPC_ERR_"):] if name.startswith("KPC_ERR_") else name
        self.category = lib.kpc_status_category(status)
        self.origin = lib.kpc_error_origin(error)
        code, replica = lib.kpc_error_daemon_code(error), lib.kpc_error_replica_code(error)
        self.daemon_code = None if code < 0 else code
        self.replica_code = None if replica < 0 else replica
        self.failed_envelope = lib.kpc_error_failed_envelope(error) or None
        self.errno = lib.kpc_error_errno(error) or None

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r})"


def no_error():
    """Where a function puts the details of its failure."""
    return ffi.new("kpc_error **")


def check(status: int, error) -> None:
    """Raises what a function reported, if it failed."""
    if status != 0:
        raise _failure(status, error[0])


def failure_given(error) -> Optional[KpcError]:
    """An error that the library has handed out; None for NULL."""
    return _failure(lib.kpc_error_status(error), error) if error else None


def _failure(status: int, error) -> KpcError:
    from .errors import BY_CATEGORY, BY_STATUS

    try:
        known = BY_STATUS.get(status)
        family = BY_CATEGORY.get(lib.kpc_status_category(status), KpcError)
        return (known or family)(status, error)
    finally:
        lib.kpc_error_free(error)
