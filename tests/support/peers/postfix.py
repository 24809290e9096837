"""A whole Postfix (Debian's package) below one directory: own configuration, queue and data."""

import os
import shutil
import subprocess
import time

from .ports import free_port, wait_for_port

# The services a relay needs; nothing is chrooted, so no files need copying into the queue.
MASTER_CF = """\
127.0.0.1:{port} inet n - n - {smtpd_limit} smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - {smtp_limit} smtp
relay     unix - - n - {smtp_limit} smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
local     unix - n n - - local
virtual   unix - n n - - virtual
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Needs root, as Postfix's master does.  Use as a context manager."""

    def __init__(self, directory: str, settings: dict[str, str], *, processes: int = 100,
                 extra_master: str = ""):
        self.directory = directory
        self.port = free_port()
        self.config = os.path.join(directory, "conf")
        self.log = os.path.join(directory, "maillog")
        queue, data = (os.path.join(directory, name) for name in ("queue", "data"))
        for path in (self.config, queue, data):
            os.makedirs(path, exist_ok=True)
        os.chmod(directory, 0o755)
        shutil.chown(data, "postfix")
        merged = {
            "compatibility_level": "3.6", "queue_directory": queue, "data_directory": data,
            "maillog_file": self.log, "maillog_file_prefixes": directory,
            "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4",
            "myhostname": "postfix.test", "mydestination": "", "mynetworks": "127.0.0.0/8",
            "alias_maps": "", "alias_database": "", "smtputf8_enable": "yes",
            "default_process_limit": str(processes),
        } | settings
        with open(os.path.join(self.config, "main.cf"), "w") as out:
            out.writelines(f"{name} = {value}\n" for name, value in merged.items())
        # Each program reads a main.cf that was written this second again and again, 0.3 s apart.
        os.utime(out.name, (time.time() - 3600, time.time() - 3600))
        with open(os.path.join(self.config, "master.cf"), "w") as out:
            out.write(MASTER_CF.format(port=self.port, smtpd_limit=processes, smtp_limit=processes))
            out.write(extra_master)

    def __enter__(self):
        self.command("start")
        wait_for_port(self.port)
        return self

    def __exit__(self, *_):
        self.command("stop", check=False)

    def command(self, verb: str, check: bool = True) -> None:
        """postfix start, stop, reload, flush."""
        done = subprocess.run(["postfix", "-c", self.config, verb], capture_output=True, text=True,
                              timeout=120, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"postfix {verb}: {done.stdout}{done.stderr}{self.read_log()[-2000:]}")

    def read_log(self) -> str:
        try:
            with open(self.log, errors="replace") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def queue_length(self) -> int:
        """Messages in Postfix's queue, whatever their state."""
        count = 0
        for name in ("incoming", "active", "deferred", "maildrop"):
            for _, _, files in os.walk(os.path.join(self.directory, "queue", name)):
                count += len(files)
        return count
