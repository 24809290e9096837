"""What the integration tests share: a directory of their own, binaries, waiting, raw SMTP."""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

from peers.postern import Postern  # noqa: E402

BINARIES = os.environ.get("POSTERN_BIN", os.path.join(ROOT, "build", "release", "bin"))
TESTDATA = os.environ.get("POSTERN_TESTDATA", os.path.join(os.path.dirname(ROOT), "shared", "testdata"))


def binary(name: str) -> str:
    return os.path.join(BINARIES, name)


def wait_until(condition, what: str, seconds: float = 60):
    """Polls another process's state: the value of `condition` once it is true.  Not a sleep: the
    test goes on the moment the state is there, and fails with `what` where it never comes."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.02)


class SiteTest(unittest.TestCase):
    """Each test has a directory below /var/tmp (a real file system, so fsync means something)."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="postern-test-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        os.chmod(self.directory, 0o755)

    def run(self, result=None):
        # The engine's log is what explains a failure: show its end.
        before = len(result.failures) + len(result.errors) if result else 0
        self.engines = []
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            for log in self.engines:
                sys.stderr.write(f"--- log of the engine\n{log[-4000:]}\n")

    def subdirectory(self, name: str) -> str:
        path = os.path.join(self.directory, name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o755)
        return path

    def postern(self, settings: dict[str, str] | None = None, name: str = "postern", **more) -> Postern:
        """A running engine that ends with the test."""
        engine = Postern(binary("posternd"), self.subdirectory(name), settings or {}, **more)
        self.stack.callback(lambda: self.engines.append(engine.read_log()))  # after it has stopped
        self.stack.enter_context(engine)
        return engine

    def enter(self, context):
        return self.stack.enter_context(context)


class Client:
    """A raw SMTP client: what it sends is what the test says, octet for octet."""

    def __init__(self, port: int, greet: bool = True, hello: str | None = "EHLO client.test",
                 source: str = "127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60,
                                               source_address=(source, 0))
        self.file = self.socket.makefile("rb")
        try:
            self.greeting = self.reply() if greet else ""
            self.keywords = self.command(hello) if hello else ""
        except OSError:
            self.close()  # nobody else has it yet
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def reply(self) -> str:
        """All lines of one reply, joined by newlines; "" at the end of the connection."""
        lines = []
        while line := self.file.readline():
            lines.append(line.rstrip(b"\r\n").decode("utf-8", "replace"))
            if line[3:4] != b"-":
                break
        return "\n".join(lines)

    def command(self, text: str) -> str:
        self.send(text.encode() + b"\r\n")
        return self.reply()

    def begin(self, recipients: list[str], reverse_path: str = "a@source.test") -> None:
        """A transaction as far as the 354; AssertionError where it is refused before."""
        for each in (f"MAIL FROM:<{reverse_path}>", *(f"RCPT TO:<{to}>" for to in recipients), "DATA"):
            reply = self.command(each)
            if reply[:1] not in "23" or not reply:
                raise AssertionError(f"{each}: {reply!r}")

    def is_closed(self) -> bool:
        """True once the server has ended the connection; what it still says is thrown away."""
        try:
            while self.file.readline():
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            return False
        return True

    def message(self, content: bytes, recipients: list[str], reverse_path: str = "a@source.test",
                parameters: str = "") -> str:
        """The reply to the final dot, or the first refusal.  `content`: CRLF, unstuffed."""
        replies = [self.command(f"MAIL FROM:<{reverse_path}>{parameters}")]
        replies += [self.command(f"RCPT TO:<{each}>") for each in recipients]
        replies.append(self.command("DATA"))
        for each in replies:
            if each[:1] not in "23":
                return each
        stuffed = b"".join(b"." + line if line.startswith(b".") else line
                           for line in content.splitlines(keepends=True))
        self.send(stuffed + b".\r\n")
        return self.reply()
