"""Whole programs: how they end, and the example."""

import os
import pathlib
import signal
import subprocess
import sys

import simulator
from case import Simulated

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"

IN_FLIGHT = """
import asyncio, sys, kpclient
async def main():
    client = kpclient.Client(kpclient.Config.load_file(sys.argv[1]))
    await client.connect(timeout=60)
    keys = kpclient.new_keypair()
    reads = [asyncio.ensure_future(client.read_box(keys.read_cap, keys.first)) for _ in range(500)]
    while client.stats.operations_running < 500:
        await asyncio.sleep(0)
    print("running", flush=True)
    END
asyncio.run(main())
"""

INTERRUPTED = """
import signal, sys, kpclient
# Whoever starts the tests in the background may have had it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
keys = kpclient.new_keypair()
with kpclient.open(sys.argv[1]) as client:
    try:
        print("begins", flush=True)
        WAITS
    except KeyboardInterrupt:
        print("interrupted", client.stats.operations_running, client.stats.results_kept)
"""

FORKED = """
import os, sys, kpclient
with kpclient.open(sys.argv[1]) as client:
    child = os.fork()
    if child == 0:
        try:
            client.flush_sync(timeout=1)
        except kpclient.Forked:
            with kpclient.open(sys.argv[1]) as another:
                os._exit(0 if another.is_attached else 2)
        os._exit(3)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    client.flush_sync(timeout=60)
print("both")
"""


class Programs(Simulated):
    def outcome(self, text, *arguments):
        return subprocess.run(
            [sys.executable, "-B", "-X", "faulthandler", "-c", text, *arguments],
            capture_output=True, text=True, timeout=120,
        )

    def test_a_program_ends_with_operations_in_flight(self):
        for end in ["return", "sys.exit(0)", "raise SystemExit"]:
            outcome = self.outcome(IN_FLIGHT.replace("END", end), self.simulator.config)
            self.assertEqual((outcome.returncode, outcome.stdout), (0, "running\n"), outcome.stderr)

    def test_an_exception_is_what_a_program_ends_with(self):
        outcome = self.outcome(IN_FLIGHT.replace("END", "raise KeyError('mine')"), self.simulator.config)
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("KeyError: 'mine'", outcome.stderr)

    def test_a_signal_interrupts_what_blocks(self):
        self.simulator.say("hold")
        read = "client.read_box_sync(keys.read_cap, keys.first)"
        for waits in [read, "[event for event in client.events()]"]:
            program = subprocess.Popen(
                [sys.executable, "-B", "-c", INTERRUPTED.replace("WAITS", waits), self.simulator.config],
                stdout=subprocess.PIPE, text=True,
            )
            self.addCleanup(program.kill)
            self.assertEqual(program.stdout.readline(), "begins\n")
            while waits == read and self.simulator.stats()["queued"] == 0:
                pass
            program.send_signal(signal.SIGINT)
            said, _ = program.communicate(timeout=120)
            self.assertEqual((program.returncode, said), (0, "interrupted 0 0\n"), waits)

    def test_parent_and_child_have_clients_of_their_own(self):
        outcome = self.outcome(FORKED, self.simulator.config)
        self.assertEqual((outcome.returncode, outcome.stdout), (0, "both\n"), outcome.stderr)

    def test_the_program_of_the_readme(self):
        text = (EXAMPLES.parent / "README.md").read_text()
        program = text.split("```python\n")[1].split("```")[0]
        outcome = subprocess.run(
            [sys.executable, "-B", "-c", program],
            capture_output=True, text=True, timeout=120, cwd=self.simulator.folder,
        )
        self.assertEqual((outcome.returncode, outcome.stdout), (0, "b'hello'\n"), outcome.stderr)

    def test_the_example_tells_the_whole_story(self):
        outcome = subprocess.run(
            [sys.executable, "-B", str(EXAMPLES / "story.py"), simulator.PROGRAM],
            capture_output=True, text=True, timeout=120, env=dict(os.environ),
        )
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        self.assertEqual(outcome.stdout.splitlines(), [
            "echo: is anybody there?",
            "read elsewhere: first",
            "read elsewhere: second",
            "a failure by name: BOX_ID_NOT_FOUND",
            "a read was cancelled",
            "written in spite of a daemon that was killed",
            "event: DisconnectedEvent",
            "event: RestartedEvent",
        ])
