"""The works that tests/bench/run measures.  Each yields figures: ours, the peer's, and the goal."""

import os
import re
import resource
import subprocess
import time
from dataclasses import dataclass
from statistics import median

from peers.postern import Postern
from peers.postfix import Postfix
from peers.ports import free_port, wait_for_port
from peers.smtp_sink import SmtpSink

import lanes
from drain import SmtpDrain

# Postfix tuned as far as it goes on such a machine: 100 processes, concurrency 100, no client limits.
TUNED = {
    "default_destination_concurrency_limit": "100", "initial_destination_concurrency": "100",
    "smtpd_client_connection_count_limit": "0", "smtpd_client_connection_rate_limit": "0",
    "smtpd_peername_lookup": "no", "smtp_host_lookup": "native", "message_size_limit": "50000000",
    "relay_domains": "sink.test",
}
ROUNDS = 3  # of what the goals leave little room for: the median counts, sides take turns
LOST = "messages were lost or refused; the figure would mean nothing"


@dataclass
class Figure:
    work: str
    ours: float
    peer: float
    unit: str
    goal: str
    reached: bool
    ratio: float = 0.0

    def describe(self) -> str:
        def show(value):
            return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
        return (f"{self.work:<26} {show(self.ours):>12} {show(self.peer) if self.peer else '-':>12} "
                f"{self.ratio:>8.2f}  {self.goal} {self.unit}: {'reached' if self.reached else 'MISSED'}")


def at_least(work: str, ours: float, peer: float, unit: str, factor: float) -> Figure:
    ratio = ours / peer
    return Figure(work, ours, peer, unit, f">= {factor:g} x", ratio >= factor, ratio)


def at_most(work: str, ours: float, peer: float, unit: str, factor: float = 1.0) -> Figure:
    ratio = ours / peer
    return Figure(work, ours, peer, unit, f"<= {factor:g} x", ratio <= factor, ratio)


def below(work: str, ours: float, limit: float, unit: str) -> Figure:
    return Figure(work, ours, 0, unit, f"<= {limit:g}", ours <= limit, ours / limit)


class Bench:
    """Where things are and how much to do."""

    def __init__(self, directory: str, binaries: str, scale: float):
        self.directory = directory
        self.binaries = binaries
        self.scale = scale
        self.made = 0

    def count(self, full: int) -> int:
        return max(1, int(full * self.scale))

    def postern(self, settings: dict[str, str], **more) -> Postern:
        return Postern(os.path.join(self.binaries, "posternd"), self.subdirectory(),
                       TUNED | settings, **more)

    def postfix(self, settings: dict[str, str], **more) -> Postfix:
        return Postfix(self.subdirectory(), TUNED | settings, **more)

    def subdirectory(self) -> str:
        self.made += 1
        path = os.path.join(self.directory, str(self.made))
        os.mkdir(path, 0o755)
        return path

    def load(self, port: int, **options) -> dict[str, float]:
        """smtp_load's figures; RuntimeError where a message was refused."""
        words = [os.path.join(self.binaries, "smtp_load"), "--port", str(port)]
        for name, value in options.items():
            words.append("--" + name.replace("_", "-"))
            if value is not True:
                words.append(str(value))
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{LOST}: {done.stdout}{done.stderr}")
        return {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", done.stdout)}


def source(port: int, messages: int, size: int, sessions: int = 20, keep: bool = True) -> float:
    """smtp-source, the peer's own generator: messages a second.  `keep`: its connections; else each
    message has one of its own."""
    begin = time.monotonic()
    subprocess.run(["smtp-source", *(["-d"] if keep else []), "-s", str(sessions), "-l", str(size),
                    "-m", str(messages), "-f", "load@source.test", "-t", "someone@sink.test",
                    f"127.0.0.1:{port}"], check=True)
    return messages / (time.monotonic() - begin)


def relayed(server, sink, messages: int, size: int, sessions: int = 20) -> float:
    """Messages a second from the first connection until the sink has the last message."""
    begin = time.monotonic()
    source(server.port, messages, size, sessions)
    sink.process.wait(timeout=900)  # it ends with the last message
    return messages / (time.monotonic() - begin)


def relay_4k(bench: Bench):
    rates = []
    for make, count in ((bench.postern, 60_000), (bench.postfix, 6_000)):
        count = bench.count(count)
        with SmtpSink(["-M", str(count)]) as sink, \
                make({"relayhost": f"[127.0.0.1]:{sink.port}"}) as server:
            rates.append(relayed(server, sink, count, 4096))
    yield at_least("relay 4 KiB, 20 conn.", *rates, "messages/s", 10)


def relay_1m(bench: Bench):
    """To smtp_drain: smtp-sink takes 400 messages of 1 MB a second at most, whoever sends them."""
    rates = []
    for make, count in ((bench.postern, 4_000), (bench.postfix, 1_000)):
        count = bench.count(count)
        with SmtpDrain(bench.binaries, count) as sink, \
                make({"relayhost": f"[127.0.0.1]:{sink.port}"}) as server:
            rates.append(relayed(server, sink, count, 1_000_000))
    yield at_least("relay 1 MB, 20 conn.", *rates, "messages/s", 2.5)


def accept(bench: Bench):
    """Accept only: everything goes to a transport that is deferred, so nothing is tried."""
    count = bench.count(60_000)
    keep = {"transport_maps": "inline:{ sink.test=retry:kept }", "defer_transports": "retry"}

    def kept(port):
        return source(port, count, 4096)

    def new(port):
        return source(port, count // 3, 4096, keep=False)

    def pipelined(port):
        return bench.load(port, messages=count, pipeline=True, connections=100)["rate"]

    for name, run in (("accept 4 KiB, 20 conn.", kept), ("accept 4 KiB, one each", new),
                      ("accept pipelined, 100", pipelined)):
        peer, ours = [], []
        for _ in range(ROUNDS):
            with SmtpSink() as sink:
                peer.append(run(sink.port))
            with bench.postern(keep) as server:
                ours.append(run(server.port))
        yield at_least(name, median(ours), median(peer), "messages/s", 0.75)


def latency(bench: Bench):
    """One connection, one message at a time; time from the final dot to its reply."""
    figures = []
    for make in (bench.postern, bench.postfix):
        with make({"transport_maps": "inline:{ sink.test=discard: }"}) as server:
            figures.append(bench.load(server.port, messages=bench.count(2000), connections=1))
    yield at_most("latency p50, 1 conn.", figures[0]["p50_us"], figures[1]["p50_us"], "us")


def idle_cost(bench: Bench, server: Postern, tls: bool) -> float:
    sessions = bench.count(10_000)
    before = server.resident_kib()
    tool = [os.path.join(bench.binaries, "smtp_idle_tls" if tls else "smtp_load")]
    words = tool + ["--port", str(server.port), "--connections", str(sessions)]
    with subprocess.Popen(words + ([] if tls else ["--idle"]), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as holder:
        line = holder.stdout.readline()
        if f"idle={sessions}" not in line:
            raise RuntimeError(f"only some sessions were opened: {line!r}")
        cost = (server.resident_kib() - before) / sessions
        holder.stdin.close()
    return cost


def idle(bench: Bench):
    from peers.certificate import make_certificate
    pem = make_certificate(bench.directory)
    settings = {"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": pem,
                "smtpd_client_connection_count_limit": "0"}
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for tls, limit in ((False, 20), (True, 60)):
        with bench.postern(settings, processes=20_000) as server:
            bench.load(server.port, messages=100, connections=2)  # what every server needs once
            yield below(f"idle session, {'TLS' if tls else 'plain'}",
                        idle_cost(bench, server, tls), limit, "KiB")


def million(bench: Bench):
    """A full queue: its memory, the start after SIGKILL, and relaying in turns with an empty one."""
    queued, count, port = bench.count(1_000_000), bench.count(60_000), free_port()
    settings = {"relayhost": f"[127.0.0.1]:{port}", "relay_domains": "sink.test, kept.test",
                "transport_maps": "inline:{ kept.test=retry:kept }",
                "minimal_backoff_time": "10h", "maximal_backoff_time": "10h"}
    with bench.postern(settings) as full, bench.postern(settings) as empty:
        bench.load(full.port, messages=queued, size=500, connections=100, pipeline=True,
                   recipient="someone@kept.test")
        full.kill()
        with SmtpSink(["-M", "1"], port=port) as sink:
            begin = time.monotonic()
            full.start(wait=False)
            wait_for_port(full.port, is_alive=lambda: full.process.poll() is None)
            bench.load(full.port, messages=1, connections=1)
            greeted = time.monotonic() - begin
            sink.process.wait(timeout=60)
            delivered = time.monotonic() - begin
        yield below("1M queued: first 220+250", greeted, 1, "s")
        yield below("1M queued: first delivery", delivered, 5, "s")
        rates = {full: [], empty: []}
        for _ in range(ROUNDS):
            for server, measured in rates.items():
                with SmtpSink(["-M", str(count)], port=port) as sink:
                    measured.append(relayed(server, sink, count, 4096))
        yield below("1M queued: RSS", full.resident_kib() / 1024, 400, "MiB")
        yield at_least("1M queued: relay 4 KiB", median(rates[full]), median(rates[empty]),
                       "messages/s", 0.9)


def dead_lanes(bench: Bench):
    """Two destinations that do not work, 10,000 messages each, beside one that does."""
    messages = bench.count(10_000)
    alone, beside = lanes.measure(bench, messages)
    yield at_most("live lane p99, 2 dead", beside, alone, "ms", 2)


WORKS = {
    "relay_4k": relay_4k, "accept": accept, "relay_1m": relay_1m, "latency": latency, "idle": idle,
    "million": million, "dead_lanes": dead_lanes,
}
