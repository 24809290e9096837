"""Free loopback ports, and waiting until somebody answers on one."""

import contextlib
import socket
import time


def free_port() -> int:
    """A TCP port that nobody listens on now.  Another program may take it before its use: callers
    that bind it themselves should bind port 0 instead."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, seconds: float = 30, host: str = "127.0.0.1", is_alive=lambda: True) -> None:
    """Returns when host:port accepts a connection.  TimeoutError after `seconds`; RuntimeError when
    `is_alive` says that the program has ended."""
    end = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection((host, port), timeout=5):
                return
        except OSError:
            if not is_alive():
                raise RuntimeError(f"the program for {host}:{port} ended before it answered")
            if time.monotonic() > end:
                raise TimeoutError(f"nobody answers on {host}:{port} after {seconds} s")
            time.sleep(0.02)  # a poll for another process's state, not a wait for a duration
