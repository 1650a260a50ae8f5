"""What the library does, on a simulator that this program starts, kills and starts again:

    python story.py build/bin/kpclientd-sim
"""

import asyncio
import pathlib
import subprocess
import sys
import tempfile

import kpclient


class Simulator:
    """A daemon with a whole network behind it. Its boxes outlive it."""

    def __init__(self, program: str, folder: str) -> None:
        self.config = str(pathlib.Path(folder) / "thinclient.toml")
        self._command = [
            program, "--instant", "--seed", "1", "--control", "stdin",
            "--unix", str(pathlib.Path(folder) / "socket"),
            "--boxes", str(pathlib.Path(folder) / "boxes"),
            "--config-out", self.config,
        ]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        ready = self._process.stdout.readline()
        if not ready.startswith("ready"):
            raise RuntimeError(f"the simulator does not start: {ready}")

    def say(self, command: str) -> str:
        """Gives it a command; what it answers."""
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


async def echo(client: kpclient.Client) -> None:
    service = client.get_service("echo")
    reply = await client.send_message_await_reply(service, b"is anybody there?", timeout=60)
    # The network pads replies with zeros.
    print("echo:", reply.rstrip(b"\0").decode())


async def stream(writer: kpclient.Client, reader: kpclient.Client) -> None:
    """A stream of boxes: whoever has the capability reads it, through another daemon, too."""
    keys = kpclient.new_keypair()
    index = keys.first
    for text in [b"first", b"second"]:
        index = await writer.write_box(keys.write_cap, index, text, timeout=60)
    index = keys.first
    for _ in range(2):
        text, index = await reader.read_box(keys.read_cap, index, timeout=60)
        print("read elsewhere:", text.decode())

    # Nothing is in the third box.
    try:
        await reader.read_box(keys.read_cap, index, flags=kpclient.StartFlags.NO_RETRY, timeout=60)
    except kpclient.BoxIDNotFound as failure:
        print("a failure by name:", failure.name)
    try:
        await asyncio.wait_for(reader.read_box(keys.read_cap, index), 0.05)
    except asyncio.TimeoutError:
        print("a read was cancelled")


async def killed(simulator: Simulator, client: kpclient.Client) -> None:
    """The daemon is killed while a box is being written, and comes back."""
    keys = kpclient.new_keypair()
    with client.events() as events:
        simulator.say("hold")
        write = asyncio.create_task(client.write_box(keys.write_cap, keys.first, b"survives"))
        # The daemon has the box, and it does not get any further.
        while '"queued":0' in simulator.say("stats"):
            await asyncio.sleep(0.01)
        simulator.kill()
        simulator.start()
        await write
        print("written in spite of a daemon that was killed")
        async for event in events:
            if isinstance(event, (kpclient.DisconnectedEvent, kpclient.RestartedEvent)):
                print("event:", type(event).__name__)
            if isinstance(event, kpclient.RestartedEvent):
                break


async def main(program: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        simulator = Simulator(program, folder)
        try:
            async with kpclient.open(simulator.config) as client:
                async with kpclient.open(simulator.config) as other:
                    await echo(client)
                    await stream(client, other)
                await killed(simulator, client)
        finally:
            simulator.kill()


asyncio.run(main(sys.argv[1]))
