"""An SMTP server that keeps what it is given, octet for octet: envelope lines and mail data."""

import socketserver
import sys
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Received:
    """One message.  `data`: as on the wire, dots still stuffed, without the final dot."""

    hello: str = ""
    mail: str = ""  # the MAIL line without CRLF
    rcpt: list[str] = field(default_factory=list)
    data: bytes = b""
    used_bdat: bool = False
    at: float = 0.0

    def content(self) -> bytes:
        """Unstuffed."""
        if self.used_bdat:
            return self.data
        lines = self.data.split(b"\r\n")
        return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


class RecordingSink(socketserver.ThreadingTCPServer):
    """`keywords`: what EHLO offers.  `answer(stage, line)`: a reply to give in place of 250 or 354,
    or None; stage is "MAIL", "RCPT", "DATA" or "END"."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, keywords=("PIPELINING", "SIZE 100000000", "8BITMIME", "SMTPUTF8", "DSN"),
                 answer=lambda stage, line: None, port: int = 0):
        self.keywords = list(keywords)
        self.answer = answer
        self.messages: list[Received] = []
        self.connections = 0
        self.changed = threading.Condition()
        super().__init__(("127.0.0.1", port), _Conversation)

    @property
    def port(self) -> int:
        return self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        # A connection that ends in the middle is what some tests are about.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def keep(self, message: Received) -> None:
        with self.changed:
            message.at = time.monotonic()
            self.messages.append(message)
            self.changed.notify_all()

    def wait_for(self, count: int, seconds: float = 60) -> list[Received]:
        """The messages, once there are `count`."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.messages) >= count, timeout=seconds):
                raise TimeoutError(f"{len(self.messages)} of {count} messages came in {seconds} s")
            return list(self.messages)


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.connections += 1
        self.say("220 sink.test ESMTP")
        current = Received()
        hello = ""
        while line := self.rfile.readline():
            text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
            verb = text[:4].upper()
            if verb in ("EHLO", "HELO", "LHLO"):
                hello = text
                offered = ["sink.test", *self.server.keywords] if verb != "HELO" else ["sink.test"]
                for keyword in offered[:-1]:
                    self.say("250-" + keyword)
                self.say("250 " + offered[-1])
            elif verb == "MAIL":
                current = Received(hello=hello, mail=text)
                self.say(self.server.answer("MAIL", text) or "250 2.1.0 ok")
            elif verb == "RCPT":
                reply = self.server.answer("RCPT", text) or "250 2.1.5 ok"
                if reply.startswith("2"):
                    current.rcpt.append(text)
                self.say(reply)
            elif verb == "DATA":
                if not self.take_data(current):
                    return
            elif verb == "BDAT":
                self.take_chunk(current, text)
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 ok")

    def take_data(self, current: Received) -> bool:
        reply = self.server.answer("DATA", "")
        if not current.rcpt:
            reply = reply or "554 5.5.1 no valid recipients"
        self.say(reply or "354 go on")
        if reply and not reply.startswith("354"):
            return True
        parts = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            parts.append(line)
        current.data = b"".join(parts)
        self.end_message(current)
        return True

    def take_chunk(self, current: Received, text: str) -> None:
        words = text.split()
        current.used_bdat = True
        current.data += self.rfile.read(int(words[1]))
        if words[-1].upper() == "LAST":
            self.end_message(current)
        else:
            self.say("250 2.0.0 chunk")

    def end_message(self, current: Received) -> None:
        reply = self.server.answer("END", "")
        if reply is None or reply.startswith("2"):
            self.server.keep(current)
        self.say(reply or "250 2.0.0 taken")

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
