"""A simulator of the daemon, for one test."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import kpclient

PROGRAM = os.environ["KPC_SIM"]


class Simulator:
    """Runs until `end`. It lies in a folder of its own, which goes with it."""

    def __init__(self, *options: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="kpclient-python-")
        self.config = str(pathlib.Path(self.folder) / "thinclient.toml")
        self._command = [
            PROGRAM, "--instant", "--seed", "1", "--control", "stdin",
            "--unix", str(pathlib.Path(self.folder) / "socket"),
            "--boxes", str(pathlib.Path(self.folder) / "boxes"),
            "--config-out", self.config, *options,
        ]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        ready = self._process.stdout.readline()
        assert ready.startswith("ready"), ready

    def say(self, command: str) -> str:
        """Gives it a command; its answer."""
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer.startswith("ok"), answer
        return answer[3:]

    def stats(self) -> dict:
        return json.loads(self.say("stats"))

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def end(self) -> None:
        self.kill()
        # A store that has just been freed may still take its own files away.
        while os.path.exists(self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)

    def open(self, **options):
        """A connection with it."""
        return kpclient.open(self.config, **options)
