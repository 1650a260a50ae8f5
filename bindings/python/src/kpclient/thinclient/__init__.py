"""The interface of the Python thin client, on this library: for programs that were written for it.

    from kpclient.thinclient import Config, ThinClient

    client = ThinClient(Config("thinclient.toml"))
    await client.start(asyncio.get_running_loop())

The names, arguments and exceptions are those of that client's version 0.0.25 and of its documents;
the README of this package lists what differs. A new program uses `kpclient` itself.
"""

from . import constants, failures
from .config import Config, ConfigFile
from .constants import *  # noqa: F401,F403
from .constants import REPLICA_ERROR_TOMBSTONE
from .core import ThinClient
from .document import ServiceDescriptor, blake2_256_sum, find_services, pretty_print_obj
from .failures import *  # noqa: F401,F403
from .geometry import Geometry, PigeonholeGeometry
from .pigeonhole import (  # noqa: F401
    cancel_resending_copy_command, cancel_resending_encrypted_message, create_courier_envelopes_from_multi_payload,
    create_courier_envelopes_from_payload, create_courier_envelopes_from_tombstone_range, encrypt_read, encrypt_write,
    get_message_box_index_counter, new_keypair, next_message_box_index, start_resending_copy_command,
    start_resending_encrypted_message, tombstone_range, voucher_derive_stream, voucher_induct, voucher_mint,
    voucher_open,
)
from .results import (
    CreateEnvelopesResult, EncryptReadResult, EncryptWriteResult, KeypairResult, StartResendingResult,
    TombstoneEnvelope, TombstoneRangeResult, VoucherInductResult, VoucherMintResult, VoucherOpenResult,
    VoucherStreamResult,
)

__all__ = [
    "ThinClient", "Config", "ConfigFile", "Geometry", "PigeonholeGeometry", "ServiceDescriptor",
    "KeypairResult", "EncryptReadResult", "EncryptWriteResult", "CreateEnvelopesResult", "StartResendingResult",
    "TombstoneEnvelope", "TombstoneRangeResult", "VoucherMintResult", "VoucherInductResult",
    "VoucherOpenResult", "VoucherStreamResult", "find_services", "pretty_print_obj", "blake2_256_sum",
    "REPLICA_ERROR_TOMBSTONE", *constants.__all__, *failures.__all__,
]
