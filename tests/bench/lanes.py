"""Does a destination that does not answer slow down one that does?  Measures, for the live one, the
time from our 250 to the message's arrival at the next hop."""

import contextlib
import re
import socket
import socketserver
import threading
import time


class LiveSink(socketserver.ThreadingTCPServer):
    """An SMTP server that notes when each message, known by its Subject number, was complete."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.arrived: dict[int, float] = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 live.test ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say("250-live.test\r\n250 PIPELINING")
            elif verb == b"DATA":
                self.say("354 go on")
                self.take_message()
                self.say("250 2.0.0 taken")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 2.0.0 ok")

    def take_message(self):
        number = None
        for line in self.rfile:
            if line == b".\r\n":
                break
            if match := re.match(rb"Subject: number (\d+)", line):
                number = int(match.group(1))
        self.server.arrived[number] = time.monotonic()

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


@contextlib.contextmanager
def silent_port():
    """Connections are taken by the kernel; nobody ever greets."""
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(512)
        yield listener.getsockname()[1]


@contextlib.contextmanager
def refusing_port():
    """Bound, so that nobody else takes it, but not listening: connections are refused."""
    with contextlib.closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def send(port: int, messages: int) -> dict[int, float]:
    """One message at a time; when each was acknowledged."""
    acknowledged = {}
    with socket.create_connection(("127.0.0.1", port)) as connection:
        replies = connection.makefile("rb")

        def ask(text: bytes, code: bytes):
            connection.sendall(text)
            while (line := replies.readline())[3:4] == b"-":
                pass
            if not line.startswith(code):
                raise RuntimeError(f"{text!r} was answered {line!r}")

        ask(b"", b"220")
        ask(b"EHLO client.test\r\n", b"250")
        for number in range(messages):
            ask(b"MAIL FROM:<a@source.test>\r\n", b"250")
            ask(b"RCPT TO:<b@live.test>\r\n", b"250")
            ask(b"DATA\r\n", b"354")
            ask(b"Subject: number %d\r\n\r\nbody\r\n.\r\n" % number, b"250")
            acknowledged[number] = time.monotonic()
        ask(b"QUIT\r\n", b"221")
    return acknowledged


def p99_ms(port: int, sink: LiveSink, messages: int) -> float:
    sink.arrived.clear()
    acknowledged = send(port, messages)
    end = time.monotonic() + 120
    while len(sink.arrived) < messages:
        if time.monotonic() > end:
            raise RuntimeError(f"{messages - len(sink.arrived)} live messages did not arrive")
        time.sleep(0.01)
    # A message may arrive before its 250 has reached us: such a time counts as none.
    times = sorted(max(0.0, sink.arrived[n] - acknowledged[n]) for n in acknowledged)
    return max(times[int(len(times) * 0.99)] * 1000, 0.1)


def measure(bench, dead_messages: int, live_messages: int = 2000) -> tuple[float, float]:
    """p99 in ms of the live destination: alone, and beside two dead ones."""
    live_messages = max(200, bench.count(live_messages))
    with silent_port() as silent, refusing_port() as refusing, LiveSink() as sink:
        routes = (f"inline:{{ live.test=smtp:[127.0.0.1]:{sink.port}, "
                  f"silent.test=smtp:[127.0.0.1]:{silent}, "
                  f"refusing.test=smtp:[127.0.0.1]:{refusing} }}")
        settings = {"transport_maps": routes, "relay_domains": "live.test silent.test refusing.test",
                    # Postfix's own: with TUNED's 100 one lane may take every process there is.
                    "default_destination_concurrency_limit": "20",
                    "initial_destination_concurrency": "5"}
        with bench.postern(settings) as server:
            alone = p99_ms(server.port, sink, live_messages)
        with bench.postern(settings) as server:
            for name in ("silent.test", "refusing.test"):
                bench.load(server.port, messages=dead_messages, size=1000, pipeline=True,
                           recipient=f"x@{name}")
            beside = p99_ms(server.port, sink, live_messages)
        sink.shutdown()
    return alone, beside
