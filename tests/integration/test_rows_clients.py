"""Catalogue rows 111 to 114: many, quick, slow and deaf clients."""

import contextlib
import select
import socket
import time
import unittest

from mail_site import Client, SiteTest, wait_until
from peers.recording_sink import RecordingSink

MESSAGE = b"From: a@source.test\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
          b"Message-ID: <8@source.test>\r\n\r\nbody\r\n"


class Clients(SiteTest):
    def setUp(self):
        super().setUp()
        self.sink = self.enter(RecordingSink())
        self.settings = {"relayhost": f"[127.0.0.1]:{self.sink.port}", "smtp_host_lookup": "native",
                         "relay_domains": "sink.test", "smtpd_client_connection_count_limit": "0"}

    def test_row_111_idle_sessions(self):
        """500 here; tests/bench measures 10,000.  Hours are not spent: nothing of an idle session
        grows with time, its one timer ends it."""
        engine = self.postern(self.settings)
        with Client(engine.port) as client:  # what the first session makes is not theirs
            client.message(MESSAGE, ["b@sink.test"])
        before = engine.resident_kib()
        idle = [self.enter(Client(engine.port)) for _ in range(500)]
        self.assertLess((engine.resident_kib() - before) / len(idle), 40, "KiB a session")
        start = time.monotonic()
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["b@sink.test"]))
        self.assertLess(time.monotonic() - start, 5)
        for each in idle[::50]:
            self.assertIn("250", each.command("NOOP"))
        busy = engine.cpu_seconds()
        start = time.monotonic()
        select.select([idle[0].socket], [], [], 1)  # a second in which nobody says anything
        self.assertLess(engine.cpu_seconds() - busy, 0.5 * (time.monotonic() - start))

    def test_row_112_connection_rate_of_one_address(self):
        engine = self.postern(self.settings | {
            "smtpd_client_connection_rate_limit": "20", "mynetworks": "192.0.2.0/24",
            "smtpd_peername_lookup": "no"})
        greetings = []
        for _ in range(300):
            with Client(engine.port, hello=None, source="127.0.0.2") as client:
                greetings.append(client.greeting[:3])
        self.assertEqual(greetings, ["220"] * 20 + ["421"] * 280)
        with Client(engine.port, source="127.0.0.3") as other:
            self.assertIn("250", other.message(MESSAGE, ["b@sink.test"]))
        self.assertIn("Connection rate limit exceeded", engine.read_log())

    def test_row_112_connections_of_one_address_at_once(self):
        engine = self.postern(self.settings | {
            "smtpd_client_connection_count_limit": "10", "mynetworks": "192.0.2.0/24",
            "smtpd_peername_lookup": "no"})
        held = [self.enter(Client(engine.port, hello=None, source="127.0.0.2")) for _ in range(12)]
        self.assertEqual([each.greeting[:3] for each in held], ["220"] * 10 + ["421"] * 2)
        with Client(engine.port, source="127.0.0.3") as other:
            self.assertIn("250", other.message(MESSAGE, ["b@sink.test"]))

    def drip(self, client: Client, seconds: float = 20) -> str:
        """One octet each tenth of a second until the server says or does something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                client.send(b"x")
            if select.select([client.socket], [], [], 0.1)[0]:
                return client.reply()
        raise AssertionError(f"still served after {seconds} s")

    def test_row_113_slow_writers(self):
        engine = self.postern(self.settings | {"smtpd_timeout": "2s", "smtpd_min_data_rate": "500"})
        with Client(engine.port) as client:
            self.assertRegex(self.drip(client), "^421 4.4.2 ")
        with Client(engine.port) as client:
            client.begin(["b@sink.test"])
            self.assertRegex(self.drip(client), "^421 4.4.2 ")
        with Client(engine.port) as client:
            client.command("MAIL FROM:<a@source.test>")
            client.command("RCPT TO:<b@sink.test>")
            client.send(b"BDAT 100000 LAST\r\n")
            self.assertRegex(self.drip(client), "^421 4.4.2 ")
        wait_until(lambda: engine.read_log().count("timeout after") == 3, "three timeouts in the log")
        self.assertEqual(self.sink.messages, [])

    def test_row_114_client_that_never_reads(self):
        engine = self.postern(self.settings | {"smtpd_timeout": "2s",
                                               "smtpd_junk_command_limit": "10000000"})
        before = engine.resident_kib()
        deaf = socket.socket()
        self.enter(contextlib.closing(deaf))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", engine.port))
        deaf.settimeout(1)
        heard = b""
        while not heard.endswith(b"\r\n"):  # who talks before the greeting is refused for that
            heard += deaf.recv(100)
        deaf.sendall(b"EHLO client.test\r\n")
        while b"\r\n250 " not in heard:  # and so is who talks before the reply to EHLO
            heard += deaf.recv(1000)
        sent, end, commands = 0, time.monotonic() + 60, b"RSET\r\n" * 10_000
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < end and " ehlo=1 " not in engine.read_log():
                with contextlib.suppress(TimeoutError):
                    sent += deaf.send(commands)
        self.assertLess(sent, 20_000_000)
        self.assertLess(engine.resident_kib() - before, 16 * 1024)
        wait_until(lambda: "timeout after RSET" in engine.read_log(), "the end of the session")
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["b@sink.test"]))


if __name__ == "__main__":
    unittest.main()
