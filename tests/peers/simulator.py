"""A simulator of the daemon, for as long as a `with` lasts."""
import json
import os
import subprocess
import tempfile


class Simulator:
    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="kpc-peers-")
        self.socket = os.path.join(self.directory.name, "sock")
        self.config = os.path.join(self.directory.name, "thinclient.toml")
        command = [os.environ["KPC_SIM"], "--unix", self.socket, "--config-out", self.config]
        self.process = subprocess.Popen(
            [*command, "--control", "stdin", *self.options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        line = self.process.stdout.readline()
        if not line.startswith("ready: "):
            self.__exit__()
            raise RuntimeError(f"the simulator did not start: {line!r}")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.directory.cleanup()

    def control(self, command):
        """One command; what its answer says after `ok`."""
        self.process.stdin.write(command + "\n")
        line = self.process.stdout.readline().rstrip("\n")
        if not line.startswith("ok"):
            raise RuntimeError(f"{command}: {line}")
        return line[3:]

    def stats(self):
        return json.loads(self.control("stats"))

    def arq(self):
        return json.loads(self.control("arq"))
