"""posternd below one directory: own configuration and queue, on a free loopback port."""

import os
import resource
import signal
import subprocess

from .ports import free_port, wait_for_port

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
smtp      unix - - n - {smtp_limit} smtp
relay     unix - - n - {smtp_limit} smtp
lmtp      unix - - n - - lmtp
local     unix - n n - - local
virtual   unix - n n - - virtual
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
"""


class Postern:
    """`binary`: posternd.  Use as a context manager; stop() and start() again keep the queue.
    `environment`: variables of the next start, beside the test's own; `limits`: RLIMIT_x to its
    value, soft and hard; `cgroups`: directories whose cgroup.procs the engine enters."""

    def __init__(self, binary: str, directory: str, settings: dict[str, str], *,
                 processes: int = 100, extra_master: str = "", master: str | None = None,
                 environment: dict[str, str] | None = None, limits: dict[int, int] | None = None,
                 cgroups: list[str] | None = None):
        self.binary = binary
        self.environment, self.limits = dict(environment or {}), dict(limits or {})
        self.cgroups = list(cgroups or [])
        self.directory = directory
        self.port = free_port()
        self.config = os.path.join(directory, "conf")
        self.queue = os.path.join(directory, "queue")
        self.log = os.path.join(directory, "maillog")
        self.process: subprocess.Popen | None = None
        os.makedirs(self.config, exist_ok=True)
        merged = {
            "compatibility_level": "3.6", "queue_directory": self.queue, "maillog_file": self.log,
            "maillog_file_prefixes": directory, "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4", "myhostname": "postern.test", "mydestination": "",
            "mynetworks": "127.0.0.0/8", "alias_maps": "", "alias_database": "",
            "local_recipient_maps": "", "default_process_limit": str(processes),
            "mail_owner": "nobody" if os.geteuid() == 0 else "",
        } | settings
        if not merged["mail_owner"]:
            del merged["mail_owner"]
        with open(os.path.join(self.config, "main.cf"), "w") as out:
            out.writelines(f"{name} = {value}\n" for name, value in merged.items())
        with open(os.path.join(self.config, "master.cf"), "w") as out:
            out.write(master or MASTER_CF.format(port=self.port, smtp_limit=processes))
            out.write(extra_master)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, wait: bool = True) -> None:
        with open(os.path.join(self.directory, "output"), "a") as output:
            self.process = subprocess.Popen([self.binary, "-c", self.config], stdout=output,
                                            stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                                            env=os.environ | self.environment,
                                            preexec_fn=self._confine)
        if wait:
            wait_for_port(self.port, is_alive=lambda: self.process.poll() is None)

    def _confine(self) -> None:
        for directory in self.cgroups:
            with open(os.path.join(directory, "cgroup.procs"), "w") as out:
                out.write(str(os.getpid()))
        for which, value in self.limits.items():
            resource.setrlimit(which, (value, value))

    def kill(self) -> None:
        """As a crash: SIGKILL, and the process is gone when this returns."""
        self.process.kill()
        self.process.wait()

    def stop(self, with_signal: int = signal.SIGTERM, seconds: float = 60) -> int:
        """The exit status.  SIGKILL where the engine does not end in time, with an error."""
        if self.process is None or self.process.poll() is not None:
            return 0 if self.process is None else self.process.returncode
        self.process.send_signal(with_signal)
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"posternd did not stop within {seconds} s of signal {with_signal}")

    def read_log(self) -> str:
        try:
            with open(self.log, errors="replace") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def cpu_seconds(self) -> float:
        """User and system time of the engine so far, without its children."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def spool_octets(self) -> int:
        """Disk space of all that is below the queue directory, without the segment that is being made
        ahead of its use."""
        total = 0
        for directory, _, names in os.walk(self.queue):
            for name in names:
                if name.startswith("spare"):
                    continue
                try:
                    total += os.lstat(os.path.join(directory, name)).st_blocks * 512
                except FileNotFoundError:
                    continue  # removed while we look
        return total

    def spool_files(self) -> set[str]:
        return {os.path.relpath(os.path.join(directory, name), self.queue)
                for directory, _, names in os.walk(self.queue) for name in names
                if not name.startswith("spare")}

    def resident_kib(self) -> int:
        """RSS of the engine, without its children."""
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise RuntimeError("no VmRSS line")
