#!/usr/bin/env python3
"""SIGKILLs posternd at random instants under load, starts it again, lets it deliver everything, and
compares the ids it acknowledged with the ids its next hop has (catalogue row 187).

Clients send over several connections, small messages and large ones; the next hop defers some.  A
message that arrives twice is allowed only where a kill lies between the two: the next hop had it,
the record of it was lost with the process.  First a run with queue_durability = memory, which keeps
nothing over a kill: a harness that finds no loss there is broken and fails.

    kill_engine.py [--rounds=20] [--seed=1] [--workers=6] [--bin=DIR]
"""

import argparse
import bisect
import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

from peers.postern import Postern  # noqa: E402
from peers.recording_sink import RecordingSink  # noqa: E402

QUIET = 30.0  # seconds without a delivery after which a drain has ended
BACKLOG = 1.0  # seconds that a connection may wait before the sink sees it


def content_of(identity: str) -> bytes:
    """The mail data of one message; its length and text follow from the id."""
    digest = hashlib.sha256(identity.encode()).hexdigest()
    lines = 4000 if digest.startswith("0") else int(digest[:4], 16) % 60
    head = f"From: a@source.test\r\nSubject: {identity}\r\nMessage-ID: <{identity}@source.test>\r\n" \
           f"Date: Tue, 24 Nov 2026 05:20:30 +0000\r\nX-Id: {identity}\r\n\r\n"
    return (head + (digest + "\r\n") * lines).encode()


class Sink(RecordingSink):
    """Defers one message in twenty."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.begun: dict[tuple, float] = {}  # by the peer's address: when the connection came
        self.own = threading.local()
        super().__init__(answer=self.judge)

    def verify_request(self, _request, client_address):
        self.begun[client_address] = time.monotonic()
        return True

    def process_request_thread(self, request, client_address):
        self.own.begun = self.begun.pop(client_address)
        super().process_request_thread(request, client_address)

    def keep(self, message) -> None:
        message.begun = self.own.begun
        super().keep(message)

    def judge(self, stage: str, _line: str):
        return "450 4.2.0 later" if stage == "END" and self.random.random() < 0.05 else None

    def handle_error(self, _request, _address):
        """An engine that is killed leaves its connections: nothing to report."""


class Session:
    """One SMTP connection; OSError or ValueError where the engine goes away or refuses."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.file = self.socket.makefile("rb")
        self.expect("220")
        self.command("EHLO client.test", "250")

    def expect(self, code: str) -> None:
        while True:
            line = self.file.readline().decode("ascii", "replace")
            if not line.endswith("\r\n"):
                raise ConnectionError("closed")
            if not line.startswith(code):
                raise ValueError(line)
            if line[3:4] == " ":
                return

    def command(self, text: str, code: str) -> None:
        self.socket.sendall(text.encode() + b"\r\n")
        self.expect(code)

    def send(self, identity: str) -> None:
        self.command(f"MAIL FROM:<{identity}@source.test>", "250")
        self.command("RCPT TO:<b@sink.test>", "250")
        self.command("DATA", "354")
        self.socket.sendall(content_of(identity) + b".\r\n")
        self.expect("250")

    def close(self) -> None:
        self.file.close()
        self.socket.close()


class Load:
    """Clients that send until told; what got a 250 is in `acknowledged`."""

    def __init__(self, port: int, workers: int):
        self.port = port
        self.acknowledged: set[str] = set()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.up = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(each,)) for each in range(workers)]
        for thread in self.threads:
            thread.start()

    def work(self, worker: int) -> None:
        number = 0
        while not self.stopping.is_set():
            self.up.wait(timeout=1)
            try:
                session = Session(self.port)
            except (OSError, ValueError):
                self.stopping.wait(0.01)  # the engine is down
                continue
            try:
                while not self.stopping.is_set():
                    number += 1
                    identity = f"w{worker}n{number}"
                    session.send(identity)
                    with self.lock:
                        self.acknowledged.add(identity)
            except (OSError, ValueError):
                pass
            session.close()

    def stop(self) -> None:
        self.stopping.set()
        self.up.set()
        for thread in self.threads:
            thread.join()


def identity_of(message) -> str:
    for line in message.data.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line.lower().startswith(b"x-id:"):
            return line[5:].strip().decode("ascii", "replace")
    return ""


def is_whole(message, identity: str) -> bool:
    """What the client sent must be there, whatever trace fields stand before it."""
    return message.content().endswith(content_of(identity))


def drain(sink: Sink, acknowledged: set[str]) -> None:
    """Until all is there, or nothing has come for QUIET seconds."""
    seen: set[str] = set()
    position, last = 0, time.monotonic()
    while not acknowledged <= seen and time.monotonic() - last < QUIET:
        with sink.changed:
            if len(sink.messages) == position:
                sink.changed.wait(timeout=1)
            fresh = sink.messages[position:]
        if fresh:
            position, last = position + len(fresh), time.monotonic()
        seen.update(identity_of(each) for each in fresh)


def judge(sink: Sink, acknowledged: set[str], kills: list[float]) -> dict:
    """A repetition is excused where a kill lies between the first copy's connection and the second
    copy: a copy that the dead engine had sent may be read from its connection after the kill."""
    arrivals: dict[str, list] = {}
    torn = 0
    for message in sink.messages:
        identity = identity_of(message)
        arrivals.setdefault(identity, []).append(message)
        torn += not is_whole(message, identity)
    repeated, unexcused = 0, []
    for identity, copies in arrivals.items():
        for first, second in zip(copies, copies[1:]):
            repeated += 1
            if bisect.bisect(kills, first.begun - BACKLOG) == bisect.bisect(kills, second.at):
                unexcused.append(identity)
    return {"lost": sorted(acknowledged - arrivals.keys()), "torn": torn, "repeated": repeated,
            "unexcused": unexcused, "delivered": len(arrivals)}


def run(options, rounds: int, settings: dict[str, str]) -> dict:
    """Kills `rounds` times; the findings."""
    choice = random.Random(options.seed)
    directory = tempfile.mkdtemp(prefix="postern-kill-", dir="/var/tmp")
    os.chmod(directory, 0o755)
    kills: list[float] = []
    with Sink(options.seed) as sink:
        engine = Postern(os.path.join(options.bin, "posternd"), directory, {
            "relayhost": f"[127.0.0.1]:{sink.port}", "smtp_host_lookup": "native",
            "minimal_backoff_time": "1s", "maximal_backoff_time": "2s", "queue_run_delay": "1s",
            "smtpd_client_connection_count_limit": "0"} | settings)
        load = Load(engine.port, options.workers)
        try:
            for _ in range(rounds):
                engine.start()
                load.up.set()
                # Random instants are the test.  Some kills hit a start's recovery.
                threading.Event().wait(choice.choice([0.02, 0.3, 1.0]) * choice.random())
                load.up.clear()
                engine.process.send_signal(signal.SIGKILL)
                kills.append(time.monotonic())
                engine.process.wait()
            load.stop()
            engine.start()
            drain(sink, load.acknowledged)
            engine.stop()
            found = judge(sink, load.acknowledged, kills) | {"acknowledged": len(load.acknowledged)}
            log = engine.read_log()
        finally:
            load.stop()
            engine.stop(signal.SIGKILL)
    found["corrupt"] = log.count("damaged octets")
    if found["lost"] or found["unexcused"] or found["torn"] or found["corrupt"]:
        found["directory"] = directory
    else:
        shutil.rmtree(directory, ignore_errors=True)
    return found


def commit() -> str:
    result = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=6)
    parser.add_argument("--bin", default=os.environ.get(
        "POSTERN_BIN", os.path.join(ROOT, "build", "release", "bin")))
    options = parser.parse_args()
    print(f"kill -9 of the engine: seed {options.seed}, rounds {options.rounds}, commit {commit()}",
          flush=True)
    global QUIET
    quiet, QUIET = QUIET, 3.0
    planted = run(options, 3, {"queue_durability": "memory"})
    QUIET = quiet
    shutil.rmtree(planted.get("directory", ""), ignore_errors=True)
    if not planted["lost"]:
        print(f"  planted: nothing kept over a kill: NOT FOUND ({planted})")
        return 1
    print(f"  planted: nothing kept over a kill: found, {len(planted['lost'])} of "
          f"{planted['acknowledged']} lost")
    found = run(options, options.rounds, {})
    print(f"  {options.rounds} kills, {found['acknowledged']} acknowledged, "
          f"{found['delivered']} delivered, {len(found['lost'])} lost, {found['torn']} torn, "
          f"{found['corrupt']} reported as damaged, {found['repeated']} repeated in the ack race, "
          f"{len(found['unexcused'])} without a kill in between")
    if "directory" in found:
        print(f"  first lost: {found['lost'][:10]}, first repeated: {found['unexcused'][:10]}; "
              f"left as it is: {found['directory']}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
