"""Catalogue rows 115 to 118 and 201 to 203: descriptors, memory, processes, time and a disk that do
not suffice.  What was acknowledged arrives, once; the engine goes on when the shortage ends."""

import os
import pwd
import resource
import signal
import subprocess
import threading
import time
import unittest

import faults
from mail_site import Client, SiteTest, wait_until
from peers.cgroup import Cgroup
from peers.ports import free_port
from peers.recording_sink import RecordingSink

MESSAGE = b"From: a@source.test\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
          b"Message-ID: <12@source.test>\r\n\r\nbody\r\n"


def senders(messages) -> list[str]:
    return sorted(each.mail.split("<")[1].split(">")[0] for each in messages)


class Load:
    """Clients that send until told to stop; `acknowledged`: senders of messages with a 250."""

    def __init__(self, engine, workers: int, content: bytes = MESSAGE, tag: str = "w",
                 per_worker: int = 10**9):
        self.engine, self.content, self.tag, self.per_worker = engine, content, tag, per_worker
        self.acknowledged: set[str] = set()
        self.refused = 0
        self.broken = 0  # connections that ended without a reply
        self.lock, self.done = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._send, args=(n,),
                                         daemon=True) for n in range(workers)]

    def __enter__(self):
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for each in self.threads:
            each.join(120)

    def _send(self, worker: int) -> None:
        for number in range(self.per_worker):
            if self.done.is_set():
                return
            sender = f"{self.tag}{worker}n{number}@source.test"
            try:
                with Client(self.engine.port) as client:
                    reply = client.message(self.content, ["b@sink.test"], sender) \
                        if client.greeting.startswith("220") else client.greeting
            except OSError:
                reply = ""
            with self.lock:
                if reply.startswith("250"):
                    self.acknowledged.add(sender)
                elif reply:
                    self.refused += 1
                else:
                    self.broken += 1
            if not reply:
                self.done.wait(0.05)


class Resources(SiteTest):
    def setUp(self):
        super().setUp()
        self.sink = self.enter(RecordingSink())
        self.settings = {"relayhost": f"[127.0.0.1]:{self.sink.port}", "smtp_host_lookup": "native",
                         "minimal_backoff_time": "1s", "maximal_backoff_time": "1s",
                         "queue_run_delay": "1s",
                         "smtpd_client_connection_count_limit": "0"}

    def wait_for_all(self, acknowledged, seconds: float = 60):
        wait_until(lambda: set(senders(self.sink.messages)) >= acknowledged,
                   "all acknowledged mail arrives",
                   seconds)

    def cgroup(self, controller: str) -> Cgroup:
        try:
            return self.enter(Cgroup(controller))
        except OSError as error:
            # RLIMIT_AS is no stand-in: the address space of some ninety thread stacks counts there.
            self.skipTest(f"no {controller} cgroup can be made here: {error}")

    def set_descriptors(self, engine, limit: int) -> None:
        """The soft limit, set as the engine's own user: root in a container may not be allowed to."""
        with open(f"/proc/{engine.process.pid}/status") as text:
            owner = {line.split(":")[0]: line.split()[1:] for line in text if line.startswith(("Uid:",
                                                                                               "Gid:"))}
        uid, gid = int(owner["Uid"][0]), int(owner["Gid"][0])
        subprocess.run(["prlimit", f"--pid={engine.process.pid}", f"--nofile={limit}:"], check=True,
                       user=uid,
                       group=gid, extra_groups=[])

    def test_row_115_descriptors_run_out(self):
        engine = self.postern(self.settings)
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["b@sink.test"], "first@source.test"))
        self.sink.wait_for(1)
        wait_until(lambda: ": removed" in engine.read_log(), "rest")
        # From here on as little as `ulimit -n 64` leaves a process that needs few of its own.
        limit = max(64, len(os.listdir(f"/proc/{engine.process.pid}/fd")) + 12)
        self.set_descriptors(engine, limit)
        idle = []
        while len(idle) < 100:  # all of them are connected by the kernel; the engine takes what it can
            idle.append(self.enter(Client(engine.port, greet=False, hello=None)))
        wait_until(lambda: "accept connection: " in engine.read_log(), "the pause in the log")
        before, start = engine.cpu_seconds(), time.monotonic()
        threading.Event().wait(2)
        share = (engine.cpu_seconds() - before) / (time.monotonic() - start)
        self.assertLess(share, 0.5, "it spins")
        self.assertIsNone(engine.process.poll())
        self.assertLess(engine.read_log().count("accept connection: "), 10)
        for each in idle:
            each.close()
        with Load(engine, 4, per_worker=20) as load:
            wait_until(lambda: len(load.acknowledged) + load.refused >= 80, "sessions are served again")
        self.assertGreater(len(load.acknowledged), 0)
        self.set_descriptors(engine, 1024)
        with Load(engine, 4, tag="x", per_worker=10) as after:
            wait_until(lambda: len(after.acknowledged) == 40, "all is well")
        self.wait_for_all(load.acknowledged | after.acknowledged)
        self.assertEqual(len(self.sink.messages), len(set(senders(self.sink.messages))), "duplicates")

    def test_row_115_few_descriptors_from_the_start(self):
        """It serves, or says that it cannot; it does not hang."""
        engine = self.postern(self.settings)
        engine.stop()
        engine.limits = {resource.RLIMIT_NOFILE: 64}
        engine.start(wait=False)

        def has_settled():
            if engine.process.poll() is not None:
                return "ended"
            try:
                with Client(engine.port):
                    return "serves"
            except OSError:
                return ""

        if wait_until(has_settled, "served or ended", 30) == "ended":
            self.assertGreater(engine.process.returncode, 0, "ended by a signal")
            with open(os.path.join(engine.directory, "output")) as output:
                self.assertTrue(output.read() or engine.read_log())

    def test_row_116_memory_of_a_small_machine(self):
        group = self.cgroup("memory")
        group.limit(128 << 20)
        content = MESSAGE + (b"x" * 76 + b"\r\n") * 51_200  # 4 MB each, 240 MB in all
        engine = self.postern(self.settings | {"memory_budget": str(32 << 20)}, cgroups=[group.path])
        with Load(engine, 60, content, per_worker=1) as load:
            wait_until(lambda: len(load.acknowledged) + load.refused + load.broken >= 60,
                       "an answer for each", 200)
        self.assertIsNone(engine.process.poll(), "killed")
        self.assertGreater(len(load.acknowledged), 0)
        self.wait_for_all(load.acknowledged, 200)
        for message in self.sink.messages:
            self.assertTrue(message.content().endswith(content))
        with Load(engine, 1, tag="after", per_worker=1) as after:
            wait_until(lambda: len(after.acknowledged) == 1, "mail is taken again")

    def test_row_117_no_process_can_be_made(self):
        group = self.cgroup("pids")
        base = self.subdirectory("out")
        os.chmod(base, 0o777)
        owner = pwd.getpwnam("nobody").pw_name
        engine = self.postern(
            self.settings | {"transport_maps": "inline:{ pipe.test=robot: }"}, cgroups=[group.path],
            extra_master=f"robot unix - n n - - pipe\n  flags= user={owner} argv=/usr/bin/tee -a {base}/got\n")
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["b@sink.test"], "first@source.test"))
        self.sink.wait_for(1)
        group.limit(group.current())
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["robot@pipe.test"]))
        wait_until(lambda: "to=<robot@pipe.test>" in engine.read_log(), "the command fails")
        self.assertRegex(engine.read_log(), r"to=<robot@pipe\.test>.*status=deferred")
        with Load(engine, 20, per_worker=5) as load:  # sessions need no thread of their own
            wait_until(lambda: len(load.acknowledged) == 100, "100 messages are taken meanwhile")
        self.wait_for_all(load.acknowledged)
        self.assertFalse(os.path.exists(os.path.join(base, "got")))
        group.limit("max")
        wait_until(lambda: os.path.exists(os.path.join(base, "got")), "the command runs")

    def test_row_118_allocations_fail(self):
        """One in so many fails, from round to round more of them.  The engine refuses, or ends; it does
        not damage itself, and nothing it acknowledged is lost."""
        switch = os.path.join(self.directory, "switch")
        preload = faults.build_preload("failing_malloc", self.directory)
        os.chmod(preload, 0o755)
        acknowledged: set[str] = set()
        hits = 0
        engine = self.postern(self.settings)
        engine.stop()
        for number, odds in enumerate((20_000, 5000, 1000, 300, 100)):
            with open(switch, "w") as out:
                out.write("0")
            os.chmod(switch, 0o644)
            engine.environment = {"LD_PRELOAD": preload, "FAILING_MALLOC": switch,
                                  "FAILING_MALLOC_ODDS": str(odds)}
            engine.start()
            with Load(engine, 6, tag=f"r{number}w") as load:
                wait_until(lambda: len(load.acknowledged) >= 20, "it works")
                with open(switch, "r+") as out:
                    out.write("1")
                wait_until(lambda: engine.process.poll() is not None or load.refused + load.broken >= 20 or
                           len(load.acknowledged) >= 1500, "something fails, or much passes")
                with open(switch, "r+") as out:
                    out.write("0")
            hits += load.refused + load.broken
            acknowledged |= load.acknowledged
            if engine.process.poll() is None:
                engine.stop()
            else:
                self.assertNotIn(-engine.process.returncode,
                                 (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL),
                                 f"one in {odds}")
            engine.environment = {}
            engine.start()
            self.wait_for_all(acknowledged)
            engine.stop()
        self.assertGreater(hits, 0, "no allocation ever failed")


class Clock(SiteTest):
    LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"

    def library(self) -> str:
        if os.path.exists(self.LIBRARY):
            return self.LIBRARY
        found = subprocess.run(["sh", "-c", "dpkg -L libfaketime | grep MT.so"], capture_output=True,
                               text=True,
                               check=True)  # another architecture
        return found.stdout.split()[0]

    def site(self):
        self.sink = self.enter(RecordingSink())
        self.dead = free_port()
        self.time = os.path.join(self.directory, "time")
        self.set_clock("+0")
        return self.postern(
            {"transport_maps": f"inline:{{ dead.test=smtp:[127.0.0.1]:{self.dead}, "
                               f"source.test=smtp:[127.0.0.1]:{self.sink.port} }}",
             "relayhost": f"[127.0.0.1]:{self.sink.port}", "smtp_host_lookup": "native",
             "minimal_backoff_time": "1s", "maximal_backoff_time": "1s", "queue_run_delay": "1s"},
            environment={"LD_PRELOAD": self.library(), "FAKETIME_TIMESTAMP_FILE": self.time,
                         "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})

    def set_clock(self, text: str) -> None:
        with open(self.time + ".new", "w") as out:
            out.write(text + "\n")
        os.chmod(self.time + ".new", 0o644)
        os.rename(self.time + ".new", self.time)

    def queue_dead(self, engine) -> None:
        for number in range(20):
            with Client(engine.port) as client:
                self.assertIn("250", client.message(MESSAGE, [f"u{number}@dead.test"]))

    def assert_prompt_and_nothing_expired(self, engine, tried: int, tag: str, clock: str) -> None:
        count = len(self.sink.messages)
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["b@sink.test"], f"{tag}@source.test"))
        message = self.sink.wait_for(count + 1, 20)[-1]
        year = str(time.gmtime().tm_year + 10) if clock == "+10y" else "1970" if "1970" in clock else ""
        self.assertIn(f" {year}".encode(), message.content().split(b"From:")[0],
                      "the clock is not faked")
        wait_until(lambda: engine.read_log().count("status=deferred") >= tried + 20,
                   "the others are tried again")
        self.assertNotRegex(engine.read_log(), "status=(expired|bounced)|returned to sender")
        self.assertFalse([each for each in self.sink.messages if "<>" in each.mail], "a report")

    def end(self, engine) -> None:
        engine.environment = {}
        if engine.process.poll() is None:
            engine.stop()
        engine.start()
        late = self.enter(RecordingSink(port=self.dead))
        self.assertEqual(sorted(each.rcpt[0] for each in late.wait_for(20)),
                         sorted(f"RCPT TO:<u{n}@dead.test>" for n in range(20)))

    def test_row_201_start_under_a_wrong_clock(self):
        engine = self.site()
        self.queue_dead(engine)
        for number, clock in enumerate(("+10y", "-1d", "@1970-01-02 00:00:00", "+3600s", "-3600s")):
            engine.stop()
            self.set_clock(clock)
            tried = engine.read_log().count("status=deferred")
            engine.start()
            with self.subTest(clock=clock):
                self.assert_prompt_and_nothing_expired(engine, tried, f"c{number}", clock)
        self.end(engine)

    def test_row_201_clock_that_jumps_while_it_runs(self):
        engine = self.site()
        self.queue_dead(engine)
        for number, clock in enumerate(("+10y", "-1d", "+0", "+3600s")):
            tried = engine.read_log().count("status=deferred")
            self.set_clock(clock)
            with self.subTest(clock=clock):
                self.assert_prompt_and_nothing_expired(engine, tried, f"c{number}", clock)
        self.end(engine)


class SignalsAndDisk(SiteTest):
    def setUp(self):
        super().setUp()
        self.sink = self.enter(RecordingSink())
        self.settings = {"relayhost": f"[127.0.0.1]:{self.sink.port}", "smtp_host_lookup": "native",
                         "smtpd_client_connection_count_limit": "0"}

    def test_row_202_sighup_under_load(self):
        engine = self.postern(self.settings)
        with Load(engine, 6) as load:
            for number in range(20):
                engine.process.send_signal(signal.SIGHUP)
                wait_until(lambda n=number: len(load.acknowledged) >= (n + 1) * 20, "messages go on")
        self.assertEqual((load.refused, load.broken), (0, 0))
        wait_until(lambda: set(senders(self.sink.messages)) == load.acknowledged, "all mail")
        self.assertEqual(len(self.sink.messages), len(load.acknowledged), "duplicates")
        self.assertIsNone(engine.process.poll())

    def test_row_203_each_sync_takes_seconds(self):
        slow = os.path.join(self.directory, "slow")
        with open(slow, "w") as out:
            out.write("0")
        os.chmod(slow, 0o644)
        preload = faults.build_preload("slow_sync", self.directory)
        os.chmod(preload, 0o755)
        engine = self.postern(self.settings, environment={"LD_PRELOAD": preload, "SLOW_SYNC": slow})
        with open(slow, "w") as out:
            out.write("2")
        took, lock = [], threading.Lock()

        def send(number: int) -> None:
            with Client(engine.port) as client:
                client.begin(["b@sink.test"], f"s{number}@source.test")
                start = time.monotonic()
                client.send(MESSAGE + b".\r\n")
                reply = client.reply()
                with lock:
                    took.append((time.monotonic() - start, reply))

        threads = [threading.Thread(target=send, args=(n,)) for n in range(30)]
        for each in threads:
            each.start()
        with Client(engine.port) as client:  # who needs no disk does not wait
            start = time.monotonic()
            self.assertIn("250", client.command("NOOP"))
            self.assertLess(time.monotonic() - start, 1.5)
        for each in threads:
            each.join(120)
        self.assertEqual([reply[:3] for _, reply in took], ["250"] * 30)
        self.assertGreater(min(seconds for seconds, _ in took), 1.5, "a 250 before the sync was done")
        self.assertLess(max(seconds for seconds, _ in took), 20, "they do not share syncs")
        with open(slow, "w") as out:
            out.write("0")
        wait_until(lambda: len(set(senders(self.sink.messages))) == 30, "all of them arrive")
        wait_until(lambda: engine.read_log().count(": removed") == 30, "and are done")
        self.assertEqual(len(self.sink.messages), 30, "duplicates")


if __name__ == "__main__":
    unittest.main()
