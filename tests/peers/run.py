"""run.py current|interoperate|older: one group of the programs here, with a simulator of its own."""
import sys

import harness
from simulator import Simulator


def main(group):
    if group == "current":
        import current
        with Simulator("--instant", "--late-close", "0") as simulator:
            return harness.run("the client of today", current, simulator)
    if group == "older":
        import older
        with Simulator("--protocol", "v0.0.72", "--instant") as simulator:
            return harness.run("the client of the Channel API", older, simulator)
    raise SystemExit(__doc__)


sys.exit(1 if main(sys.argv[1]) else 0)
