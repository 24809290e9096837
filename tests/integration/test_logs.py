"""The log, read by those who read mail logs: pflogsumm, fail2ban's stock filter, the fixtures of log
parsers, and line by line beside real Postfix in the same scenario."""

import glob
import os
import re
import subprocess
import unittest

from mail_site import TESTDATA, Client, SiteTest, wait_until
from peers.ports import free_port
from peers.postfix import Postfix
from peers.recording_sink import RecordingSink

MESSAGE = b"From: a@source.test\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
          b"Message-ID: <5@source.test>\r\n\r\nbody\r\n"

# "Nov 25 02:00:00 host postfix/smtpd[123]: text"
LINE = re.compile(r"^\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ postfix/(?P<service>[\w/-]+)\[\d+\]: (?P<text>.*)$")


def shape(text: str) -> str:
    """The line without its values, so that lines of two systems can be compared."""
    text = re.sub(r"\b[0-9A-F]{10,16}\b", "ID", text)
    text = re.sub(r"queued as [0-9A-Za-z]+", "queued as ID", text)
    text = re.sub(r"message-id=<?[^>\s]*>?", "message-id=M", text)
    text = re.sub(r"<[^>]*>", "<>", text)
    text = re.sub(r"[\w.-]+\[[0-9a-fA-F.:]+\](:\d+)?", "HOST", text)
    text = re.sub(r"delays=[\d./]+", "delays=D", text)
    text = re.sub(r"(?<==)[\d.]+(/\d+)?", "N", text)
    text = re.sub(r"\(.*\)$", "(TEXT)", text)
    text = re.sub(r"\bafter [A-Z-]+ from", "after STAGE from", text)
    text = re.sub(r"( \w+=N)+$", " COUNTS", text)
    text = re.sub(r"unknown in [\w ]+ table", "unknown in T table", text)
    text = re.sub(r"(?<=^connect to HOST: ).*", "REASON", text)
    return text


def shapes(log: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in log.splitlines():
        if match := LINE.match(line):
            found.setdefault(match["service"], set()).add(shape(match["text"]))
    return found


def settings(sink_port: int, dead_port: int) -> dict[str, str]:
    return {"smtp_host_lookup": "native", "mydestination": "", "relay_domains": "sink.test dead.test",
            "relay_recipient_maps": "inline:{ b@sink.test=x, bad@sink.test=x, b@dead.test=x }",
            "smtpd_relay_restrictions": "reject_unauth_destination", "mynetworks": "192.0.2.0/24",
            # Reports to the sender go nowhere, so that both systems end after the same lines.
            "transport_maps": f"inline:{{ source.test=discard:, sink.test=smtp:[127.0.0.1]:{sink_port}, "
                              f"dead.test=smtp:[127.0.0.1]:{dead_port} }}",
            "smtpd_error_sleep_time": "0", "smtpd_hard_error_limit": "20"}


def run_scenario(port: int) -> None:
    """What a day brings: mail that goes, is refused, bounces, waits; clients that misbehave."""
    with Client(port) as client:
        client.message(MESSAGE, ["b@sink.test"])
        client.message(MESSAGE, ["bad@sink.test"])
        client.message(MESSAGE, ["b@dead.test"])
        client.message(MESSAGE, ["unknown@sink.test"])
        client.command("RSET")
        client.message(MESSAGE, ["x@elsewhere.test"])
        client.command("QUIT")
    with Client(port) as client:
        client.command("MAIL FROM:<a@source.test>")
    with Client(port) as client:
        for _ in range(25):
            try:
                if not client.command("NONSENSE x"):
                    break
            except OSError:  # the server has had enough and closed
                break


def refuse_bad(stage: str, line: str):
    return "550 5.1.1 no such user" if stage == "RCPT" and "<bad@" in line else None


class Logs(SiteTest):
    def run_engine(self) -> str:
        sink = self.enter(RecordingSink(answer=refuse_bad))
        engine = self.postern(settings(sink.port, free_port()))
        run_scenario(engine.port)
        wait_until(lambda: all(each in engine.read_log() for each in
                               ("status=sent", "status=bounced", "status=deferred", "too many errors")),
                   "all results in the log")
        engine.stop()
        return engine.read_log()

    def test_lines_have_the_shape_of_postfix(self):
        sink = self.enter(RecordingSink(answer=refuse_bad))
        postfix = self.enter(Postfix(self.subdirectory("postfix"), settings(sink.port, free_port())))
        run_scenario(postfix.port)
        wait_until(lambda: all(each in postfix.read_log() for each in
                               ("status=sent", "status=bounced", "status=deferred", "too many errors",
                                "lost connection")), "Postfix's results")
        theirs = shapes(postfix.read_log())
        ours = shapes(self.run_engine())
        for service in ("smtpd", "cleanup", "smtp", "bounce"):
            extra = ours.get(service, set()) - theirs.get(service, set())
            self.assertEqual(extra, set(), f"{service}: Postfix logs {sorted(theirs.get(service, ()))}")
            self.assertTrue(ours.get(service), f"no line of {service}")
        queue_lines = {each for each in ours["qmgr"] if each.startswith("ID: ")}
        self.assertLessEqual(queue_lines, theirs["qmgr"])

    def test_lines_parse_like_the_fixtures_of_log_parsers(self):
        folder = os.path.join(TESTDATA, "logs", "whyscream+postfix-grok-patterns")
        if not os.path.isdir(folder):
            self.skipTest(f"{folder} is not here")
        known: dict[str, set[str]] = {}
        for name in glob.glob(os.path.join(folder, "*.yaml")):
            service = os.path.basename(name).split("_")[0]
            with open(name, encoding="utf-8") as file:
                for line in file:
                    if line.startswith("data: "):
                        text = line[6:].strip().strip("\"'").replace('\\"', '"')
                        known.setdefault(service, set()).add(shape(text))
        ours = shapes(self.run_engine())
        self.assertIn("ID: removed", ours["qmgr"])
        self.assertTrue(any(each.endswith(": removed") for each in known["qmgr"]))
        self.assertTrue(ours["smtp"] & known["smtp"], (ours["smtp"], known["smtp"]))
        self.assertGreaterEqual(len(ours["smtpd"] & known["smtpd"]), 3, ours["smtpd"])

    def test_pflogsumm_counts_what_happened(self):
        log = self.run_engine()
        path = os.path.join(self.directory, "log")
        with open(path, "w") as out:
            out.write(log)
        done = subprocess.run(["pflogsumm", path], capture_output=True, text=True, check=True)
        counts = {match[2]: int(match[1]) for match in
                  re.finditer(r"^\s+(\d+)\s{2,}(received|delivered|deferred|bounced|rejected)\b",
                              done.stdout, re.M)}
        # The bounce itself cannot be returned to source.test: it waits or fails, and counts too.
        self.assertGreaterEqual(counts["received"], 3)
        self.assertEqual(counts["rejected"], 2)
        self.assertGreaterEqual(counts["delivered"], 1)
        self.assertGreaterEqual(counts["bounced"], 1)
        self.assertGreaterEqual(counts["deferred"], 1)

    def test_fail2ban_finds_the_offender(self):
        log = self.run_engine()
        path = os.path.join(self.directory, "log")
        with open(path, "w") as out:
            out.write(log)
        done = subprocess.run(["fail2ban-regex", path, "postfix[mode=aggressive]"],
                              capture_output=True, text=True, check=True)
        matched = int(re.search(r"Failregex: (\d+) total", done.stdout)[1])
        self.assertGreaterEqual(matched, 3, done.stdout)


if __name__ == "__main__":
    unittest.main()
