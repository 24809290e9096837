"""Catalogue rows 097 to 110: lengths, numbers and sizes at their limits, at the running engine."""

import os
import subprocess
import time
import unittest

from mail_site import Client, SiteTest, binary, wait_until
from peers.recording_sink import RecordingSink

HEAD = b"From: a@source.test\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
       b"Message-ID: <7@source.test>\r\n"
MESSAGE = HEAD + b"\r\nbody\r\n"
MIB = 1 << 20


class Limits(SiteTest):
    def setUp(self):
        super().setUp()
        self.sink = self.enter(RecordingSink())
        self.settings = {"relayhost": f"[127.0.0.1]:{self.sink.port}", "smtp_host_lookup": "native",
                         "smtpd_error_sleep_time": "0"}

    def assert_alive(self, engine) -> None:
        """SURV: the process lives and takes mail."""
        count = len(self.sink.messages)
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["alive@sink.test"]))
        self.sink.wait_for(count + 1)

    def send_unanswered(self, client: Client, octets: bytes, most: int) -> int:
        """Sends `octets` again and again until the server ends the connection; how many it took."""
        sent = 0
        client.socket.settimeout(20)
        try:
            while sent < most:
                client.send(octets)
                sent += len(octets)
        except OSError:
            pass
        return sent

    def test_row_097_length_of_a_command(self):
        engine = self.postern(self.settings)
        with Client(engine.port) as client:
            for octets, code in ((512, "250"), (513, "250"), (2048, "250"), (2049, "500"),
                                 (60_000, "500")):
                client.send(b"NOOP " + b"x" * (octets - 7) + b"\r\n")
                self.assertEqual(client.reply()[:3], code, octets)
            self.assertIn("250", client.message(MESSAGE, ["b@sink.test"]))

    def test_row_098_length_of_an_address(self):
        engine = self.postern(self.settings | {"smtpd_hard_error_limit": "100"})

        def domain(octets: int) -> str:
            text = ("d" * 60 + ".") * 5
            return "e" + text[:octets - 6] .rstrip(".") .ljust(octets - 6, "f") + ".test"

        with Client(engine.port) as client:
            for path, code in (("l" * 64 + "@sink.test", "250"), ("l" * 65 + "@sink.test", "501"),
                               ("u@" + domain(252), "250"), ("u@" + domain(253), "501"),
                               ("l" * 64 + "@" + domain(189), "250"),
                               ("l" * 64 + "@" + domain(190), "501"),
                               ("u@" + "d" * 64 + ".test", "501"), ("u@" + domain(255), "501"),
                               ("u@" + domain(256), "501"), ("l" * 100_0 + "@sink.test", "501")):
                self.assertIn("250", client.command("MAIL FROM:<a@source.test>"))
                self.assertEqual(client.command(f"RCPT TO:<{path}>")[:3], code, f"{len(path)} {path}")
                client.command("RSET")

    def test_row_099_long_lines_of_text(self):
        engine = self.postern(self.settings | {"message_size_limit": "20000000"})
        for octets in (998, 999, 1_000_000, 10_000_000):
            with self.subTest(octets=octets):
                with Client(engine.port) as client:
                    reply = client.message(HEAD + b"\r\n" + b"x" * octets + b"\r\n",
                                           [f"l{octets}@sink.test"])
                    self.assertIn("250", reply)
                message = wait_until(lambda: next((each for each in self.sink.messages if
                                                   f"l{octets}@" in each.rcpt[0]), None), "it arrives")
                lines = message.content().split(b"\r\n\r\n", 1)[1].split(b"\r\n")
                # smtp_line_length_limit: longer lines leave folded, none of their octets is lost.
                self.assertLessEqual(max(map(len, lines)), 998)
                self.assertEqual(b"".join(line.removeprefix(b" ") for line in lines), b"x" * octets)

    def test_row_100_a_body_that_is_one_line(self):
        engine = self.postern(self.settings)
        before = engine.resident_kib()
        with Client(engine.port) as client:
            client.begin(["b@sink.test"])
            client.send(HEAD + b"\r\n")
            self.send_unanswered(client, b"x" * MIB, 100 * MIB)
            client.is_closed()
        self.assertLess(engine.resident_kib() - before, 64 * 1024)
        self.assert_alive(engine)
        self.assertEqual(len(self.sink.messages), 1)

    def test_row_100_a_body_that_is_one_line_within_the_limit(self):
        engine = self.postern(self.settings | {"message_size_limit": str(64 * MIB)})
        before, peak = engine.resident_kib(), 0
        with Client(engine.port) as client:
            client.begin(["b@sink.test"])
            client.send(HEAD + b"\r\n")
            for _ in range(48):
                client.send(b"x" * MIB)
                peak = max(peak, engine.resident_kib())
            client.send(b"\r\n.\r\n")
            self.assertIn("250", client.reply())
        self.sink.wait_for(1, 120)
        peak = max(peak, engine.resident_kib())
        self.assertLess(peak - before, 40 * 1024, "the whole of it was in memory")

    def test_row_101_one_long_field(self):
        engine = self.postern(self.settings | {"message_size_limit": "20000000"})
        for octets in (100 * 1024, MIB, 10 * MIB):
            with self.subTest(octets=octets):
                field = b"X-Long: " + b"\r\n\t".join([b"y" * 900] * (octets // 903)) + b"\r\n"
                start = time.monotonic()
                with Client(engine.port) as client:
                    reply = client.message(HEAD + field + b"X-After: here\r\n\r\nbody\r\n",
                                           [f"f{octets}@sink.test"])
                self.assertRegex(reply, "^(250|552)")
                self.assertLess(time.monotonic() - start, 20)
                if reply.startswith("250"):
                    message = wait_until(lambda: next((each for each in self.sink.messages if
                                                       f"f{octets}@" in each.rcpt[0]), None),
                                         "it arrives")
                    header = message.content().split(b"\r\n\r\n", 1)[0]
                    self.assertLess(len(header), 102_400 + 2000)  # header_size_limit, and the rest
                    self.assertIn(b"X-After: here", header)
        self.assert_alive(engine)

    def test_row_102_many_fields(self):
        engine = self.postern(self.settings)
        for count in (100_000, 500_000):
            start = time.monotonic()
            with Client(engine.port) as client:
                reply = client.message(HEAD + b"To: a@b.test\r\n" * count + b"\r\nbody\r\n",
                                       ["b@sink.test"])
            self.assertRegex(reply, "^5", count)
            self.assertLess(time.monotonic() - start, 20, count)
        self.assert_alive(engine)

    def test_row_103_many_addresses_in_a_field(self):
        """Over SMTP nobody reads them; sendmail -t has to."""
        engine = self.postern(self.settings | {"message_size_limit": "20000000"})
        addresses = b",\r\n ".join(b"user%d@sink.test" % number for number in range(100_000))
        fields = (b"To: " + addresses + b"\r\n",
                  b"To: " + b"(" * 100_000 + b")" * 100_000 + b" u@sink.test\r\n",
                  b"To: " + b"a: " * 5000 + b"u@sink.test" + b";" * 5000 + b"\r\n")
        for number, field in enumerate(fields):
            with self.subTest(field=field[:20]):
                start = time.monotonic()
                with Client(engine.port) as client:
                    self.assertRegex(client.message(HEAD + field + b"\r\nbody\r\n",
                                                    [f"r{number}@sink.test"]),
                                     "^(250|5)")
                done = subprocess.run([binary("sendmail"), "-C", engine.config, "-f", "a@source.test",
                                       "-t"],
                                      input=(field + b"\r\nbody\r\n").replace(b"\r\n", b"\n"),
                                      capture_output=True, timeout=60, check=False)
                self.assertGreaterEqual(done.returncode, 0, "sendmail died of a signal")
                self.assertLess(time.monotonic() - start, 30)
        self.assert_alive(engine)

    def test_row_104_number_of_recipients(self):
        engine = self.postern(self.settings | {"default_destination_recipient_limit": "2000"})
        for count in (100, 1001):
            with Client(engine.port) as client:
                self.assertIn("250", client.command(f"MAIL FROM:<n{count}@source.test>"))
                client.send(b"".join(b"RCPT TO:<u%d@sink.test>\r\n" % n for n in range(count)))
                replies = [client.reply()[:3] for _ in range(count)]
                self.assertEqual(replies[:1000], ["250"] * min(count, 1000))
                self.assertEqual(replies[1000:], ["452"] * max(0, count - 1000))
                self.assertIn("354", client.command("DATA"))
                client.send(MESSAGE + b".\r\n")
                self.assertIn("250", client.reply())

            def arrived(sender=f"<n{count}@"):
                return [rcpt for each in self.sink.messages if sender in each.mail for rcpt in each.rcpt]

            wait_until(lambda: len(arrived()) >= min(count, 1000), "all recipients")
            self.assertEqual(sorted(arrived()),
                             sorted(f"RCPT TO:<u{n}@sink.test>" for n in range(min(count, 1000))))

    def test_row_105_unknown_recipients(self):
        engine = self.postern(self.settings | {"mydestination": "local.test",
                                               "local_recipient_maps": "inline:{ joe=x }"})
        with Client(engine.port) as client:
            self.assertIn("250", client.command("MAIL FROM:<a@source.test>"))
            sent = self.send_unanswered(client, b"RCPT TO:<nobody@local.test>\r\n" * 1000, 50_000 * 29)
            self.assertTrue(client.is_closed())
        self.assertGreater(sent, 0)
        wait_until(lambda: "mail=1 rcpt=0/" in engine.read_log(), "the session's last line")
        refused = engine.read_log().count("User unknown in local recipient table")
        self.assertEqual(refused, 20)  # smtpd_hard_error_limit
        self.assertRegex(engine.read_log(), "(too many errors|lost connection) after RCPT")
        self.assert_alive(engine)

    def test_row_106_size_limit(self):
        engine = self.postern(self.settings | {"message_size_limit": "100000"})
        with Client(engine.port) as client:
            self.assertRegex(client.command("MAIL FROM:<a@source.test> SIZE=100001"), r"^552 5\.3\.4")
            self.assertIn("250", client.command("MAIL FROM:<a@source.test> SIZE=100000"))
            client.command("RSET")
            fill = 100_000 - len(HEAD) - 2
            for extra, code in ((0, "250"), (1, "552")):
                body = (b"x" * 76 + b"\r\n") * 2000
                content = HEAD + b"\r\n" + body[:fill - 2 + extra] + b"\r\n"
                content = content.replace(b"\r\r\n", b"y\r\n")
                self.assertEqual(len(content), 100_000 + extra)
                self.assertEqual(client.message(content, ["b@sink.test"])[:3], code, extra)
            client.command("QUIT")
        self.sink.wait_for(1)
        self.assert_alive(engine)
        self.assertEqual(len(self.sink.messages), 2)

    def test_row_107_endless_data(self):
        limit = 2 * MIB
        engine = self.postern(self.settings | {"message_size_limit": str(limit)})
        self.assert_alive(engine)  # with it the spool has made its files
        before = engine.spool_octets()
        with Client(engine.port) as client:
            client.begin(["b@sink.test"])
            client.send(HEAD + b"\r\n")
            sent = self.send_unanswered(client, (b"x" * 76 + b"\r\n") * 1000, 200 * MIB)
        # Twice the limit, and what lies in the socket buffers of both sides.
        self.assertLess(sent, 2 * limit + 16 * MIB)
        self.assertLess(engine.spool_octets() - before, 2 * limit + MIB)
        self.assert_alive(engine)
        self.assertEqual(len(self.sink.messages), 2)

    def test_row_108_leading_from_lines_count(self):
        engine = self.postern(self.settings | {"message_size_limit": "1000000"})
        with Client(engine.port) as client:
            client.begin(["b@sink.test"])
            sent = self.send_unanswered(client, b"From x@y.test Tue Nov 24 05:20:30 2026\r\n" * 1000,
                                        100 * MIB)
        self.assertLess(sent, 20 * MIB)
        with Client(engine.port) as client:
            content = b"From x@y.test Tue Nov 24 05:20:30 2026\r\n" * 30_000 + MESSAGE
            self.assertRegex(client.message(content, ["b@sink.test"]), "^552")
        self.assert_alive(engine)
        self.assertEqual(len(self.sink.messages), 1)

    def test_row_109_aborted_transfers_leave_no_files(self):
        engine = self.postern(self.settings)
        self.assert_alive(engine)
        wait_until(lambda: "removed" in engine.read_log(), "the queue to be empty")
        files, octets, memory = engine.spool_files(), engine.spool_octets(), engine.resident_kib()
        piece = (b"x" * 76 + b"\r\n") * 13_000  # 1 MB, far beyond what is kept in memory
        for number in range(40):
            with Client(engine.port) as client:
                if number % 2:
                    client.begin(["b@sink.test"])
                    client.send(HEAD + b"\r\n" + piece * 2)
                    continue  # the connection ends in the middle of the data
                client.command("MAIL FROM:<a@source.test>")
                client.command("RCPT TO:<b@sink.test>")
                client.send(b"BDAT %d\r\n" % len(piece) + piece)
                self.assertIn("250", client.reply())
                self.assertIn("250", client.command("RSET"))
                self.assertIn("503", client.command("BDAT 0 LAST"))
        wait_until(lambda: engine.spool_files() <= files and
                   engine.spool_octets() <= octets + MIB, f"no more files than before: {files}")
        self.assertLess(engine.resident_kib() - memory, 64 * 1024)
        self.assert_alive(engine)
        self.assertEqual(len(self.sink.messages), 2)

    def test_row_109_rate_limit_of_transactions(self):
        engine = self.postern(self.settings | {"mynetworks": "192.0.2.0/24",
                                               "relay_domains": "sink.test",
                                               "smtpd_client_message_rate_limit": "5"})
        with Client(engine.port) as client:
            replies = []
            for _ in range(8):
                replies.append(client.command("MAIL FROM:<a@source.test>")[:3])
                client.command("RSET")
            self.assertEqual(replies, ["250"] * 5 + ["450"] * 3)

    def test_row_110_commands_that_do_nothing(self):
        # smtpd_junk_command_limit, then each is an error up to smtpd_hard_error_limit.
        engine = self.postern(self.settings)
        for verb in ("NOOP", "VRFY x"):  # may not be sent ahead (RFC 2920)
            with Client(engine.port) as client:
                replies = [client.command(verb)[:3]]
                while len(replies) < 1000 and replies[-1][:1] == "2":
                    replies.append(client.command(verb)[:3])
                self.assertTrue(client.is_closed())
            self.assertIn(replies.count("250") + replies.count("252"), range(100, 130), verb)
            self.assertLess(len(replies), 200)
        with Client(engine.port) as client:
            self.send_unanswered(client, b"RSET\r\n" * 10_000, 10_000_000)
            self.assertTrue(client.is_closed())
        log = wait_until(lambda: engine.read_log() if " rset=" in engine.read_log() else "",
                         "the session's last line")
        total = int(log.rsplit("commands=", 1)[1].split()[0].split("/")[-1])
        self.assertIn(total, range(100, 200))
        self.assertGreaterEqual(log.count("too many errors after"), 2)
        self.assert_alive(engine)


if __name__ == "__main__":
    unittest.main()
