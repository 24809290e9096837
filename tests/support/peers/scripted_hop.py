"""A next hop that does what a function says, octet by octet, and one that cuts or delays what passes
between two others.  For servers that break the rules, where RecordingSink is one that keeps them."""

import contextlib
import socket
import struct
import threading


class ScriptedHop:
    """`serve(connection)`: called for each connection in a thread of its own; the socket is closed
    when it returns or fails.  `connections`: how many came."""

    def __init__(self, serve):
        self.serve = serve
        self.connections = 0
        self.open: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for each in self.open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            with contextlib.suppress(OSError, ValueError):
                self.serve(connection)
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()


def reset(connection: socket.socket) -> None:
    """Ends the connection with RST instead of FIN."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


class CuttingProxy(ScriptedHop):
    """Between a client and the server at `port`.  `slice`: octets of one write to the other side, 0:
    as they come.  `cut_after`: the connection ends, with RST where `with_reset`, when so many octets
    of `cut_side` ("client" or "server") have passed; None: never."""

    def __init__(self, port: int, slice_octets: int = 0):
        super().__init__(self._relay)
        self.target = port
        self.slice_octets = slice_octets
        self.cut_after: int | None = None
        self.cut_side = "server"
        self.with_reset = False
        self.passed = {"client": 0, "server": 0}  # of the last connection

    def _relay(self, client):
        self.passed = {"client": 0, "server": 0}
        with socket.create_connection(("127.0.0.1", self.target), timeout=60) as server:
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            other = threading.Thread(target=self._copy, args=(client, server, "client"), daemon=True)
            other.start()
            self._copy(server, client, "server")
            other.join(60)

    def _copy(self, source, target, side):
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                if self.cut_after is not None and side == self.cut_side:
                    octets = octets[:max(0, self.cut_after - self.passed[side])]
                step = self.slice_octets or len(octets) or 1
                for start in range(0, len(octets), step):
                    target.sendall(octets[start:start + step])
                self.passed[side] += len(octets)
                if self.cut_after is not None and side == self.cut_side and \
                        self.passed[side] >= self.cut_after:
                    break
        for each in (source, target):
            if self.with_reset and self.cut_after is not None:
                with contextlib.suppress(OSError):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
