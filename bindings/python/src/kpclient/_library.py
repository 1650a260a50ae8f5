"""Finds and loads the shared library."""

import os
import pathlib
import sys

from ._ffi import ffi

#: The name of the library, with the number in its soname.
SONAME = "libkpclient.0.dylib" if sys.platform == "darwin" else "libkpclient.so.0"


def _load():
    named = os.environ.get("KPCLIENT_LIBRARY")
    if named:
        return _opened(named, "KPCLIENT_LIBRARY names")
    bundled = pathlib.Path(__file__).with_name(SONAME)
    if bundled.exists():
        return _opened(str(bundled), "the package has")
    return _opened(SONAME, "the system has no")


def _opened(path, what):
    try:
        return ffi.dlopen(path)
    except OSError as failure:
        message = (
            f"{what} {path}: {failure}. Install libkpclient, or put the path of {SONAME} into the "
            "environment variable KPCLIENT_LIBRARY"
        )
        raise ImportError(message) from None


lib = _load()


def has(name: str) -> bool:
    """Whether the library has a function. One that was built with STORE=no has fewer."""
    try:
        getattr(lib, name)
    except (AttributeError, ffi.error):
        return False
    return True
