"""The generated table of types is what cffi makes of the declarations, and parses nothing."""

import os
import re
import subprocess
import sys
import unittest

import cffi

from declarations import DECLARATIONS
from kpclient._ffi import ffi
from kpclient._library import has


def plain(kind) -> str:
    """How a type is written. A table says `struct` before names that are both, and C need not."""
    return repr(kind).replace("struct ", "")


class Declarations(unittest.TestCase):
    def setUp(self):
        self.parsed = cffi.FFI()
        self.parsed.cdef(DECLARATIONS)
        path = os.environ["KPCLIENT_LIBRARY"]
        self.libraries = [self.parsed.dlopen(path), ffi.dlopen(path)]

    def test_functions(self):
        names = set(re.findall(r"\b(kpc_\w+)\(", DECLARATIONS))
        self.assertGreater(len(names), 300)
        self.assertEqual(set(dir(self.libraries[1])), names)
        for name in names:
            # A library that was built without the store has fewer.
            if not has(name):
                continue
            parsed, table = (getattr(library, name) for library in self.libraries)
            self.assertEqual(plain(self.parsed.typeof(parsed)), plain(ffi.typeof(table)), name)

    def test_types(self):
        self.assertEqual(self.parsed.list_types()[0], ffi.list_types()[0])
        for name in self.parsed.list_types()[0]:
            parsed, table = self.parsed.typeof(name), ffi.typeof(name)
            self.assertEqual(plain(parsed), plain(table))
            if parsed.kind != "struct" or parsed.fields is None:
                continue
            self.assertEqual(self.parsed.sizeof(name), ffi.sizeof(name))
            laid = [[(n, f.offset, plain(f.type)) for n, f in kind.fields] for kind in [parsed, table]]
            self.assertEqual(laid[0], laid[1], name)

    def test_no_parser_is_imported(self):
        program = "import sys, kpclient; print([m for m in sys.modules if m.split('.')[0] in ('cffi', 'pycparser')])"
        said = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True, check=True)
        self.assertEqual(said.stdout, "[]\n")
