"""Talks to kpclientd, the client daemon of the Katzenpost mixnet, through libkpclient.

    async with kpclient.open("thinclient.toml") as client:
        keys = kpclient.new_keypair()
        await client.write_box(keys.write_cap, keys.first, b"hello")

Calls that wait are coroutines; each has a twin that blocks, whose name ends in `_sync`. Failures
are exceptions, a class for each status: `kpclient.BoxIDNotFound`, below `kpclient.KpcError`.
"""

from . import constants, errors, events, functions, objects, values
from ._client import open
from ._events import Event, Events, UnknownEvent
from ._failure import KpcError
from ._library import ffi as _ffi
from ._library import lib as _lib
from ._memory import SecretBytes
from ._objects import Object
from .constants import *  # noqa: F401,F403
from .errors import *  # noqa: F401,F403
from .events import *  # noqa: F401,F403
from .functions import *  # noqa: F401,F403
from .objects import *  # noqa: F401,F403
from .values import *  # noqa: F401,F403

__version__ = _ffi.string(_lib.kpc_version()).decode()
