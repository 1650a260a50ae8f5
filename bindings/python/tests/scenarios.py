"""The scenarios that every language runs: bindings/scenarios/README.md says what they mean.

    scenarios.py scenarios.json [NAME...]
"""

import asyncio
import gc
import io
import json
import logging
import os
import pathlib
import shutil
import subprocess
import sys

import kpclient
from case import nothing_is_left
from simulator import Simulator

#: So many seconds a step may take.
LIMIT = 60


#: What Python has not, of what a scenario may need, and why.
MISSING = {"tokens": "a task is cancelled, and a call has no token"}


class Wrong(Exception):
    """A step did not do what it has to."""


def content(size: int) -> bytes:
    """What a file of this size has in it."""
    return bytes(at * 7 % 251 for at in range(size))


class ThrowingLogger(logging.Logger):
    """Refuses every line."""

    def log(self, *_, **__):
        raise Wrong("a line of the log")


class Scenario:
    """One scenario while it is played: a method for each action."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.kept = {}
        self.throwing = ThrowingLogger("throws")
        self.complaints = io.StringIO()

    async def step(self, step: dict) -> None:
        if "start" in step:
            count = step.get("many", 1)
            starts = [asyncio.ensure_future(self.act(step, number)) for number in range(count)]
            self.kept[step["start"]] = starts
            await asyncio.sleep(0)
            return
        if step["do"] == "wait":
            for started in self.kept[step["for"]]:
                await self.expected(step, started)
            return
        made = [await self.expected(step, self.act(step, number)) for number in range(step.get("many", 1))]
        if "as" in step:
            self.kept[step["as"]] = made if "many" in step else made[0]

    async def expected(self, step: dict, action):
        """What an action gives, after it has failed as it should, or not."""
        wanted = step.get("fails")
        try:
            made = await asyncio.wait_for(action, LIMIT)
        except kpclient.KpcError as failure:
            if failure.name != wanted:
                raise Wrong(f"{failure!r}, {wanted} expected") from failure
            family = kpclient.Category[step["class"]] if "class" in step else failure.category
            if failure.category != family:
                raise Wrong(f"{failure!r} is in {failure.category!r}") from failure
            return None
        except asyncio.CancelledError:
            if wanted != "CANCELLED":
                raise
            return None
        if wanted is not None:
            raise Wrong(f"no error, {wanted} expected")
        return made

    async def act(self, step: dict, number: int):
        known = {"do", "as", "fails", "class", "timeout_ms", "start", "many", "times"}
        given = {name: value for name, value in step.items() if name not in known}
        if "text" in given:
            given["text"] = given["text"] * step.get("times", 1)
        limit = step.get("timeout_ms")
        timeout = None if limit is None else limit / 1000
        for name in ["client", "keys", "store", "writer", "reader", "minted", "inducted", "payload_of", "of", "voucher"]:
            if name in given:
                given[name] = self.kept[given[name]]
        if given.pop("numbered", False):
            given["text"] += f" {number}"
        return await getattr(self, step["do"])(timeout=timeout, **given)

    def index(self, at: str):
        kept = self.kept[at]
        return kept.first if hasattr(kept, "first") else kept

    async def client(self, timeout, socket="here", log=None):
        config = kpclient.Config.load_file(self.simulator.config)
        config.set_reconnect(10, 50)
        if log == "throws":
            config.set_log(kpclient.LogLevel.INFO, self.throwing)
            sys.stderr = self.complaints
        if socket == "nowhere":
            config.set_unix(str(pathlib.Path(self.simulator.folder) / "nowhere"))
        return kpclient.Client(config)

    async def connect(self, timeout, client):
        await client.connect(timeout=timeout)

    async def connected(self, timeout):
        client = await self.client(timeout)
        await client.connect(timeout=timeout)
        return client

    async def close(self, timeout, client):
        await client.close()

    async def config_text(self, timeout, text):
        return kpclient.Config.load_text(text)

    async def config_file(self, timeout, path):
        return kpclient.Config.load_file(path)

    async def services(self, timeout, client, name, at_least):
        services = client.get_services(name)
        if len(services) < at_least:
            raise Wrong(f"{len(services)} services")

    async def service(self, timeout, client, name):
        return client.get_service(name)

    async def echo(self, timeout, client, text):
        # It is not known before there is a document, so one that has none is asked all the same.
        service = kpclient.Service(bytes(32), b"echo")
        if client.is_attached:
            service = client.get_service("echo")
        reply = await client.send_message_await_reply(service, text.encode(), timeout=timeout)
        if not reply.startswith(text.encode()):
            raise Wrong(f"another reply: {reply[:20]!r}")

    async def keypair(self, timeout):
        return kpclient.new_keypair()

    async def write_box(self, timeout, client, keys, at, text):
        return await client.write_box(keys.write_cap, self.index(at), text.encode(), timeout=timeout)

    async def read_box(self, timeout, client, keys, at, text=None, begins="", no_retry=False):
        flags = kpclient.StartFlags.NO_RETRY if no_retry else 0
        plaintext, following = await client.read_box(
            keys.read_cap, self.index(at), flags=flags, timeout=timeout
        )
        if not plaintext.startswith(begins.encode()) or text is not None and plaintext != text.encode():
            raise Wrong(f"another box: {plaintext[:20]!r}")
        return following

    async def tombstone(self, timeout, client, keys, at, count):
        tombstones = await client.tombstone_range(keys.write_cap, self.index(at), count)
        if tombstones.count != count:
            raise Wrong(f"{tombstones.count} tombstones")
        for position in range(count):
            await client.start_resending_encrypted_message(
                -1, tombstones.envelope_at(position), write_cap=keys.write_cap,
                index=tombstones.box_index_at(position), timeout=timeout,
            )

    async def copy(self, timeout, client, keys, at, text):
        builder = client.new_copy_builder()
        await builder.add(client, keys.write_cap, self.index(at), text.encode(), timeout=timeout)
        await builder.finish(client, timeout=timeout)

    async def voucher_mint(self, timeout, client, keys, name):
        return await client.voucher_mint(keys.write_cap, name, timeout=timeout)

    async def voucher_induct(self, timeout, client, minted, text, name=None, payload_of=None):
        payload = (payload_of or minted).payload
        inducted = await client.voucher_induct(minted.hash, payload, text.encode(), timeout=timeout)
        if inducted.display_name != name:
            raise Wrong(f"another name: {inducted.display_name}")
        return inducted

    async def voucher_open(self, timeout, client, minted, inducted, keys, text):
        secret, _ = minted.keys()
        opened = await client.voucher_open(secret, inducted.sealed_reply, keys.write_cap, timeout=timeout)
        if opened.who_reply != text.encode():
            raise Wrong(f"another reply: {opened.who_reply!r}")

    async def events(self, timeout, client):
        return client.events()

    async def event(self, timeout, of, kind):
        async for event in of:
            if event.kind == kpclient.EventKind[kind]:
                return
        raise Wrong("no more events")

    async def read_cap_text(self, timeout, keys):
        return keys.read_cap.to_text(keys.first)

    async def parse_text(self, timeout, text=None, text_of=None):
        return kpclient.shared_text_parse(self.kept[text_of] if text is None else text)

    async def store(self, timeout, client, file):
        path = pathlib.Path(self.simulator.folder) / file
        return await client.open_store(str(path), timeout=timeout)

    async def close_store(self, timeout, store):
        await store.close(timeout=timeout)

    async def create_writer(self, timeout, store, name):
        return await store.create_writer(name, timeout=timeout)

    async def open_writer(self, timeout, store, name):
        return await store.open_writer(name, timeout=timeout)

    async def import_reader(self, timeout, store, name, **origin):
        return await store.import_reader(name, self.kept[origin["from"]].read_cap, timeout=timeout)

    async def open_reader(self, timeout, store, name):
        return await store.open_reader(name, timeout=timeout)

    async def mint_voucher(self, timeout, store, name, display, same_as=None):
        voucher = await store.mint_voucher(name, display, timeout=timeout)
        if same_as and voucher != self.kept[same_as]:
            raise Wrong("another voucher")
        return voucher

    async def induct_voucher(self, timeout, store, name, text, display, voucher=None, voucher_text=None):
        inducted = await store.induct_voucher(name, text.encode(), voucher=voucher or voucher_text, timeout=timeout)
        if inducted.display_name != display:
            raise Wrong(f"another name: {inducted.display_name}")
        return inducted.reader

    async def open_voucher(self, timeout, store, name, text):
        opened = await store.open_voucher(name, timeout=timeout)
        if opened.who_reply != text.encode():
            raise Wrong(f"another reply: {opened.who_reply!r}")
        return opened.writer

    async def cancel_voucher(self, timeout, store, name):
        await store.cancel_voucher(name, timeout=timeout)

    async def vouchers(self, timeout, store, names):
        found = list(await store.list_vouchers(timeout=timeout))
        if found != names:
            raise Wrong(f"{found}")

    async def send(self, timeout, writer, text):
        return await writer.send(kpclient.MessageKind.MESSAGE_KIND, text.encode(), timeout=timeout)

    async def sent(self, timeout, writer, number):
        while writer.last_message < number:
            await asyncio.sleep(0)

    async def wait_stored(self, timeout, writer):
        await writer.wait_stored(writer.last_message, timeout=timeout)

    async def send_tombstones(self, timeout, writer, count):
        await writer.tombstone(count, timeout=timeout)

    async def erase_before(self, timeout, writer, number):
        await writer.erase_before(number, timeout=timeout)
        await writer.wait_erased(number, timeout=timeout)

    async def receive(self, timeout, reader, number, text="", arrival="MESSAGE"):
        message = await reader.receive(timeout=timeout)
        found = (message.number, message.arrival, message.data)
        if found != (number, kpclient.Arrival[arrival], text.encode()):
            raise Wrong(f"{found}")

    async def acknowledge(self, timeout, reader, number):
        await reader.acknowledge(number, timeout=timeout)

    async def history(self, timeout, reader, number, max, texts):
        messages = await reader.messages(number, max, timeout=timeout)
        found = [message.data.decode() for message in messages]
        if found != texts:
            raise Wrong(f"{found}")

    async def forget_before(self, timeout, reader, number):
        await reader.forget_before(number, timeout=timeout)

    async def poll_now(self, timeout, reader):
        reader.poll_now()

    async def skip(self, timeout, reader):
        reader.skip(reader.next_index)

    def place(self, file):
        return pathlib.Path(self.simulator.folder) / file

    async def make_file(self, timeout, file, size):
        self.place(file).write_bytes(content(size))

    async def make_directory(self, timeout, file):
        self.place(file).mkdir()

    async def send_file(self, timeout, writer, file=None, path=None):
        await writer.send_file(path if file is None else str(self.place(file)), timeout=timeout)

    async def receive_file(self, timeout, reader, into, name=None, found=None, size=0):
        path = await reader.receive_file(str(self.place(into)), name=name, timeout=timeout)
        if pathlib.Path(path) != self.place(into) / found or pathlib.Path(path).read_bytes() != content(size):
            raise Wrong(f"another file: {path}")

    async def abandon_file(self, timeout, writer):
        await writer.abandon_file(timeout=timeout)

    async def unfinished_file(self, timeout, writer, file=None, size=0):
        if (writer.file_path, writer.file_size) != (str(self.place(file)), size):
            raise Wrong(f"{writer.file_path} of {writer.file_size} bytes")

    async def file_progress(self, timeout, of, size):
        done = 0
        async for event in of:
            if event.kind == kpclient.EventKind.FILE_PROGRESS:
                if not done < event.file_done <= size == event.file_size:
                    raise Wrong(f"{event}")
                done = event.file_done
                if done == size:
                    return

    async def wrong_type(self, timeout, client):
        keys = kpclient.new_keypair()
        for arguments in [("a text", keys.first, b""), (keys.write_cap, 7, b""), (keys.write_cap, keys.first, "text")]:
            try:
                await client.write_box(*arguments)
            except TypeError:
                continue
            raise Wrong(f"no TypeError for {arguments}")

    async def log_has_thrown(self, timeout):
        while "Wrong: a line of the log" not in self.complaints.getvalue():
            await asyncio.sleep(0)
        sys.stderr = sys.__stderr__

    async def loop_throws(self, timeout, client):
        try:
            async for event in client.events():
                raise Wrong(event)
        except Wrong:
            return
        raise Wrong("there was no event")

    async def fork(self, timeout, client, child_fails):
        child = os.fork()
        if child == 0:
            try:
                client.flush_sync(timeout=60)
            except kpclient.KpcError as failure:
                os._exit(0 if failure.name == child_fails else 2)
            os._exit(3)
        _, ended = os.waitpid(child, 0)
        if ended != 0:
            raise Wrong(f"the child ended with {ended}")

    async def cancel(self, timeout, what):
        for started in self.kept[what]:
            started.cancel()

    async def free(self, timeout, what):
        self.kept[what].free()

    async def forget(self, timeout, what):
        del self.kept[what]

    async def collect(self, timeout):
        gc.collect()

    async def sim(self, timeout, say):
        self.simulator.say(say)

    async def sim_until(self, timeout, count, at_least=0, at_most=float("inf")):
        while True:
            value = self.simulator.stats()
            for part in count.split("."):
                value = value.get(part, 0)
            if at_least <= value <= at_most:
                return
            await asyncio.sleep(0)

    async def exit(self, timeout):
        # The simulator ends with the descriptor that it is commanded by.
        shutil.rmtree(self.simulator.folder)
        os._exit(0)


def played(scenario: dict) -> str:
    """What is wrong with a scenario, if something is."""
    simulator = Simulator(*scenario.get("sim", []))
    place = "the beginning"

    async def play() -> None:
        nonlocal place
        playing = Scenario(simulator)
        for number, step in enumerate(scenario["steps"], 1):
            place = f"step {number} ({step['do']})"
            await playing.step(step)
        place = "the end"
        for kept in playing.kept.values():
            if isinstance(kept, kpclient.Client):
                kept.free()

    try:
        asyncio.run(play())
        nothing_is_left()
    except Exception as failure:  # whatever it is, the next scenario has its turn
        return f"{place}: {failure!r}"
    finally:
        simulator.end()
    return ""


def played_alone(table: str, name: str) -> str:
    """The same for one that ends its process."""
    child = subprocess.run([sys.executable, "-B", __file__, table, name], capture_output=True, text=True, timeout=LIMIT)
    said = child.stdout + child.stderr
    return f"it ended with {child.returncode}: {said}" if child.returncode or said else ""


def main(table: str, *names: str) -> int:
    scenarios = json.loads(pathlib.Path(table).read_text())
    wanted = [s for s in scenarios if not names or s["name"] in names]
    failed = left_out = 0
    for scenario in wanted:
        if scenario.get("needs") in MISSING:
            left_out += 1
            print(f"left out {scenario['name']}: {MISSING[scenario['needs']]}")
            continue
        is_apart = scenario.get("alone") and not names
        wrong = played_alone(table, scenario["name"]) if is_apart else played(scenario)
        print(f"FAILED {scenario['name']}: {wrong}" if wrong else f"ok {scenario['name']}", flush=True)
        failed += bool(wrong)
    print(f"scenarios in Python: {len(wanted) - left_out - failed} passed, {failed} failed, 0 skipped")
    return int(failed > 0 or not wanted)


sys.exit(main(*sys.argv[1:]))
