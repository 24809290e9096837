"""smtp-sink of Debian's postfix package: takes mail and throws it away, or keeps it."""

import os
import subprocess

from .ports import free_port, wait_for_port


class SmtpSink:
    """`options`: further options of smtp-sink(1).  `dump`: a directory that gets one file a message
    (smtp-sink -d); None: nothing is kept.  `port`: of an earlier one; None: a free one."""

    def __init__(self, options: list[str] | None = None, dump: str | None = None, backlog: int = 1000,
                 port: int | None = None):
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.options = list(options or [])
        if dump is not None:
            self.options += ["-d", os.path.join(dump, "%M.")]
        self.backlog = backlog
        self.process: subprocess.Popen | None = None

    def __enter__(self):
        # smtp-sink refuses to run as root without -u.
        user = ["-u", "nobody"] if os.geteuid() == 0 and "-d" not in self.options else []
        if os.geteuid() == 0 and "-d" in self.options:
            user = ["-u", "postfix"]
        self.process = subprocess.Popen(
            ["smtp-sink", *user, *self.options, self.address, str(self.backlog)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for_port(self.port, is_alive=lambda: self.process.poll() is None)
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process.stderr.close()
