"""Catalogue row 209: a name server that fails, lies or says nonsense.  test_dns.py has what a real
server (nsd) answers."""

import struct
import unittest

from mail_site import Client, SiteTest, wait_until
from peers.odd_dns import (A, CNAME, MX, NOERROR, NXDOMAIN, SERVFAIL, OddDns, encode_name, mx, record)
from peers.recording_sink import RecordingSink

MESSAGE = b"From: a@source.test\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
          b"Message-ID: <11@source.test>\r\n\r\nbody\r\n"
LOCALHOST = b"\x7f\0\0\1"
NOBODY = b"\x7f\0\0\x09"  # refuses: the sink listens on 127.0.0.1 only


def zone(name: str, kind: int, is_tcp: bool):
    domain = ".".join(name.split(".")[-2:])
    if domain == "servfail.example":
        return SERVFAIL, []
    if domain == "silent.example":
        return None
    if domain == "nx.example":
        return NXDOMAIN, []
    if domain == "truncated.example" and kind == MX and not is_tcp:
        return "truncate"
    if name.startswith(("mail.", "a.", "b.")):
        return NOERROR, [record(name, A, LOCALHOST)] if kind == A else []
    if name.startswith("dead"):
        return NOERROR, [record(name, A, NOBODY)] if kind == A else []
    if domain == "loop.example":
        following = {"loop.example": "one.loop.example", "one.loop.example": "two.loop.example"}
        return NOERROR, [record(name, CNAME, encode_name(following.get(name, "one.loop.example")))]
    if kind != MX or name != domain:
        return NOERROR, []
    answers = {
        "good.example": [mx(name, 10, "mail.good.example")],
        "truncated.example": [mx(name, 10, "mail.truncated.example")],
        "empty.example": [record(name, MX, b"")],
        "one.example": [record(name, MX, b"\0")],
        "two.example": [record(name, MX, b"\0\x0a")],
        "cut.example": [record(name, MX, b"\0\x0a\x3fmail")],
        "pointer.example": [record(name, MX, struct.pack(">HH", 10, 0xffff))],
        "myself.example": [record(name, MX, struct.pack(">HH", 10, 0xc00c) + b"\xc0\x0c" * 10)],
        "thousand.example": [mx(name, 10, f"dead{n}.thousand.example") for n in range(1000)],
        "address.example": [mx(name, 10, "127.0.0.1")],
        "literal.example": [mx(name, 10, "[127\x2e0\x2e0\x2e1]")],
        "hostile.example": [mx(name, 10, "mail\r\nX\x1b.hostile.example")],
        "long.example": [mx(name, 10, ".".join(["x" * 60] * 4))],
    }
    return NOERROR, answers.get(domain, [])


class Faults(SiteTest):
    def test_row_209_answers_of_a_broken_name_server(self):
        sink = self.enter(RecordingSink())
        dns = self.enter(OddDns(zone))
        engine = self.postern({
            "smtp_tcp_port": str(sink.port), "dns_servers": f"127.0.0.1:{dns.port}",
            "myhostname": "postern.zone.example", "inet_interfaces": "127.0.0.1",
            "minimal_backoff_time": "1h", "maximal_backoff_time": "1h", "bounce_queue_lifetime": "1h",
            "smtpd_peername_lookup": "no"})
        expected = {"good": "sent", "truncated": "sent", "servfail": "deferred", "silent": "deferred",
                    "nx": "bounced", "thousand": "deferred", "loop": "deferred|bounced",
                    "empty": "deferred|bounced", "one": "deferred|bounced", "two": "deferred|bounced",
                    "cut": "deferred|bounced", "pointer": "deferred|bounced",
                    "myself": "deferred|bounced", "address": "deferred|bounced",
                    "literal": "deferred|bounced", "hostile": "deferred|bounced",
                    "long": "deferred|bounced"}
        for name in expected:
            with Client(engine.port) as client:
                self.assertIn("250", client.message(MESSAGE, [f"u@{name}.example"], ""))

        def line(name):
            return next((each for each in engine.read_log().splitlines()
                         if f"to=<u@{name}.example>" in each and "status=" in each), "")

        for name, status in expected.items():
            with self.subTest(domain=name):
                wait_until(lambda which=name: line(which), f"a result of {name}", 120)
                self.assertRegex(line(name), f"status=({status})")
        self.assertEqual({each.rcpt[0].split("@")[1] for each in sink.messages},
                         {"good.example>", "truncated.example>"})
        self.assertIn(("truncated.example", MX, True), dns.questions)
        looked_up = {name for name, kind, _ in dns.questions if kind == A and name.startswith("dead")}
        self.assertLess(len(looked_up), 100, "of 1,000 MX hosts")
        with open(engine.log, "rb") as file:
            self.assertNotRegex(file.read(), rb"[\x00-\x09\x0b-\x1f\x7f]")
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["again@good.example"]))
        sink.wait_for(3)


if __name__ == "__main__":
    unittest.main()
