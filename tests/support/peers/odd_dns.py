"""A DNS server for answers that no real one gives: malformed records, loops, truncation, silence.
UDP and TCP on one free loopback port.  For normal zones there is nsd.py."""

import contextlib
import socket
import struct
import threading

A, CNAME, PTR, MX, AAAA = 1, 5, 12, 15, 28
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def encode_name(name: str) -> bytes:
    """`name`: labels, dotted; a label may hold any octets but a dot."""
    labels = [each.encode("latin-1") for each in name.rstrip(".").split(".") if each]
    return b"".join(bytes([len(each)]) + each for each in labels) + b"\0"


def record(name: str, kind: int, data: bytes, ttl: int = 60) -> bytes:
    return encode_name(name) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def mx(name: str, preference: int, host: str) -> bytes:
    return record(name, MX, struct.pack(">H", preference) + encode_name(host))


class OddDns:
    """`answer(name, kind, is_tcp)`: (rcode, [records]), or None for silence; "truncate" over UDP for
    an answer that has TC set and no records.  `questions`: what was asked, (name, kind, is_tcp)."""

    def __init__(self, answer):
        self.answer = answer
        self.questions: list[tuple[str, int, bool]] = []
        while True:  # the same port for both, both free
            self.tcp = socket.create_server(("127.0.0.1", 0), backlog=64)
            self.port = self.tcp.getsockname()[1]
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.udp.bind(("127.0.0.1", self.port))
                return
            except OSError:
                self.tcp.close()
                self.udp.close()

    def __enter__(self):
        for each in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=each, daemon=True).start()
        return self

    def __exit__(self, *_):
        for each in (self.tcp, self.udp):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _reply(self, query: bytes, is_tcp: bool) -> bytes | None:
        if len(query) < 17:
            return None
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
            at += query[at] + 1
        name, kind = ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0]
        self.questions.append((name, kind, is_tcp))
        answer = self.answer(name, kind, is_tcp)
        if answer is None:
            return None
        flags, records = 0x8580, []
        if answer == "truncate":
            if is_tcp:
                raise ValueError("an answer over TCP cannot be cut")
            flags |= 0x0200
        else:
            flags |= answer[0]
            records = answer[1]
        body = b"".join(records)
        if not is_tcp and len(body) > 1000:
            flags, records, body = flags | 0x0200, [], b""
        head = query[:2] + struct.pack(">5H", flags, 1, len(records), 0, 0)
        return head + query[12:at + 5] + body

    def _serve_udp(self):
        with contextlib.suppress(OSError):
            while True:
                query, peer = self.udp.recvfrom(4096)
                if (reply := self._reply(query, False)) is not None:
                    self.udp.sendto(reply, peer)

    def _serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.tcp.accept()
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection):
        with connection, contextlib.suppress(OSError, struct.error):
            stream = connection.makefile("rb")
            while length := stream.read(2):
                reply = self._reply(stream.read(struct.unpack(">H", length)[0]), True)
                if reply is not None:
                    connection.sendall(struct.pack(">H", len(reply)) + reply)
