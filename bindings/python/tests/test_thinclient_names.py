"""The names of the Python thin client, as a list says them."""

import dataclasses
import inspect
import pathlib
import re
import unittest

from kpclient import thinclient
from kpclient.thinclient import core, pigeonhole, transport

NAMES = pathlib.Path(__file__).with_name("thinclient_names.txt")
MODULES = {"core": core, "pigeonhole": pigeonhole, "transport": transport}


def listed():
    for line in NAMES.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line


def found(name):
    """What a dotted name of the list is."""
    value = thinclient
    for part in name.split("."):
        value = MODULES[part] if part in MODULES else getattr(value, part)
    return value


def parameters(function):
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


class Names(unittest.TestCase):
    def test_each_line_of_the_list_holds(self):
        for line in listed():
            with self.subTest(line):
                self.check(line)

    def check(self, line):
        if line.startswith("client."):
            return  # a test with a client looks at its attributes
        if " = " in line:
            name, value = line.split(" = ")
            self.assertEqual(found(name), int(value))
        elif " < " in line:
            name, base = line.split(" < ")
            self.assertEqual(found(name).__mro__[1].__name__, base)
        elif ": " in line:
            name, fields = line.split(": ")
            self.assertEqual([field.name for field in dataclasses.fields(found(name))], fields.split(", "))
        elif "(" in line:
            name, given = re.fullmatch(r"([\w.]+)\((.*)\)", line).groups()
            wanted = [name for name in given.split(", ") if name]
            # There may be more behind those.
            self.assertEqual(parameters(found(name))[:len(wanted)], wanted)
        else:
            found(line)

    def test_a_star_imports_what_the_list_has(self):
        names = {re.match(r"\w+", line).group() for line in listed()} - {"client", *MODULES}
        self.assertEqual(names - set(thinclient.__all__), set())
        for name in thinclient.__all__:
            self.assertTrue(hasattr(thinclient, name), name)
