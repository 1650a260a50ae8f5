"""run.py GROUP: one group of the programs here, with a simulator of its own.

In the group `drop_in` the programs on today's client import kpclient.thinclient in its place.
"""
import importlib
import sys

import harness
from simulator import Simulator

# How late a daemon notices that a client has gone is chance; here it notices at once.
TODAY, OLDER = ["--instant", "--late-close", "0"], ["--instant", "--protocol", "v0.0.72"]
GROUPS = {
    "current": ("the client of today", TODAY),
    "drop_in": ("kpclient.thinclient in place of the client of today", TODAY),
    "surface": ("the client of today and kpclient.thinclient", TODAY),
    "interoperate": ("the client of today beside the library", TODAY),
    "older": ("the client of the Channel API", OLDER),
    "older_beside": ("the client of the Channel API beside the library", OLDER),
}


def programs(group):
    """The file with the programs of a group."""
    if group != "drop_in":
        return group
    sys.modules["katzenpost_thinclient"] = importlib.import_module("kpclient.thinclient")
    return "current"


def main(group):
    title, options = GROUPS[group]
    module = importlib.import_module(programs(group))
    with Simulator(*options) as simulator:
        return harness.run(title, module, simulator)


sys.exit(1 if main(sys.argv[1]) else 0)
