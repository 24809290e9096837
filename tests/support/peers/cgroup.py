"""A cgroup of the test's own, of version 2 or 1, whichever this machine lets us make."""

import contextlib
import os
import time

ROOT = "/sys/fs/cgroup"
# What a limit is called in version 2 and in version 1.
NAMES = {"memory": ("memory.max", "memory.limit_in_bytes"), "pids": ("pids.max", "pids.max")}


class Cgroup:
    """`controller`: "memory" or "pids".  OSError where no cgroup can be made.  The directory goes at the
    end; by then the processes in it must have ended."""

    def __init__(self, controller: str):
        with contextlib.suppress(OSError):
            with open(os.path.join(ROOT, "cgroup.subtree_control")) as enabled:
                if controller not in enabled.read().split():
                    raise OSError(f"{controller} is not enabled")
            self._make(ROOT, NAMES[controller][0])
            return
        self._make(os.path.join(ROOT, controller), NAMES[controller][1])

    def _make(self, parent: str, limit: str) -> None:
        self.path = os.path.join(parent, f"postern-test-{os.getpid()}-{time.monotonic_ns()}")
        os.mkdir(self.path)
        self.limit_file = os.path.join(self.path, limit)
        if not os.path.exists(self.limit_file):
            os.rmdir(self.path)
            raise OSError(f"{self.limit_file} is missing")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end = time.monotonic() + 10
        while True:
            try:
                os.rmdir(self.path)
                return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)  # the kernel is still taking the last process out

    def limit(self, value: int | str) -> None:
        with open(self.limit_file, "w") as out:
            out.write(str(value))

    def current(self) -> int:
        """Tasks, of the pids controller."""
        with open(os.path.join(self.path, "pids.current")) as text:
            return int(text.read())
