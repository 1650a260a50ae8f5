"""What the tests have in common."""

import asyncio
import gc
import time
import unittest

import kpclient
from simulator import Simulator


def nothing_is_left() -> None:
    """Waits until no object of the library lives; a leak is reported as such by the time limit."""
    gc.collect()
    limit = time.monotonic() + 30
    # The last goodbye to a daemon may still be going on.
    while kpclient.debug_live_objects() > 0:
        assert time.monotonic() < limit, f"objects left over: {kpclient.debug_live_objects()}"
        time.sleep(0.001)


class Whole(unittest.TestCase):
    """A test after which nothing of the library is left over."""

    def tearDown(self) -> None:
        nothing_is_left()


class Simulated(unittest.IsolatedAsyncioTestCase):
    """A test with a simulator, after which nothing of the library is left over."""

    options = ()

    def setUp(self) -> None:
        self.simulator = Simulator(*self.options)
        # Last of all, after what the test itself has asked for.
        self.addCleanup(nothing_is_left)
        self.addCleanup(self.simulator.end)

    async def asyncSetUp(self) -> None:
        # It would only report steps that a busy machine makes slow.
        asyncio.get_running_loop().set_debug(False)
