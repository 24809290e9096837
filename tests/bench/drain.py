"""smtp_drain: a sink that costs next to nothing; it ends with the last message."""

import os
import subprocess

from peers.ports import free_port, wait_for_port


class SmtpDrain:
    def __init__(self, binaries: str, messages: int):
        self.port = free_port()
        self.words = [os.path.join(binaries, "smtp_drain"), "--port", str(self.port), "--messages",
                      str(messages)]
        self.process: subprocess.Popen | None = None

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.DEVNULL)
        wait_for_port(self.port, is_alive=lambda: self.process.poll() is None)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
