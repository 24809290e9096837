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
    """Between a client and the server at `port`.  `slice_octets`: of one write to the other side, 0: as
    they come.  The first `cuts` connections end, with RST where `with_reset`, when `cut_after` octets
    of `cut_side` ("client" or "server") have passed.  `passed`: octets of the last connection."""

    def __init__(self, port: int, slice_octets: int = 0, cuts: int = 0, cut_side: str = "server",
                 cut_after: int = 0, with_reset: bool = False):
        super().__init__(self._relay)
        self.target = port
        self.slice_octets = slice_octets
        self.cuts, self.cut_side, self.cut_after = cuts, cut_side, cut_after
        self.with_reset = with_reset
        self.passed = {"client": 0, "server": 0}

    def _relay(self, client):
        passed = self.passed = {"client": 0, "server": 0}
        cut_side = self.cut_side if self.connections <= self.cuts else ""
        with socket.create_connection(("127.0.0.1", self.target), timeout=60) as server:
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ways = ((client, server, "client"), (server, client, "server"))
            threads = [threading.Thread(target=self._copy, args=(*way, passed, way[2] == cut_side),
                                        daemon=True) for way in ways]
            for each in threads:
                each.start()
            for each in threads:
                each.join(60)

    def _copy(self, source, target, side, passed, is_cut):
        left = self.cut_after if is_cut else None
        with contextlib.suppress(OSError):
            while left != 0 and (octets := source.recv(65536)):
                octets = octets[:left]
                step = self.slice_octets or len(octets)
                for start in range(0, len(octets), step):
                    target.sendall(octets[start:start + step])
                passed[side] += len(octets)
                left = None if left is None else left - len(octets)
        for each in (source, target):
            if is_cut and self.with_reset:
                with contextlib.suppress(OSError):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
