"""Catalogue rows 092, 094, 095, 096 and 176, 178 to 180: what others say in log lines, fields, the
spool and reports; and when there is a report at all."""

import email
import email.policy
import os
import re
import subprocess
import unittest

import faults
from mail_site import Client, SiteTest, binary, wait_until
from peers.odd_dns import A, NOERROR, NXDOMAIN, PTR, OddDns, encode_name, record
from peers.ports import free_port
from peers.recording_sink import RecordingSink
from peers.scripted_hop import ScriptedHop

HEAD = b"From: a@source.test\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\nMessage-ID: <9@source.test>\r\n"
MESSAGE = HEAD + b"Subject: s\r\n\r\nbody\r\n"
FAKE = "Nov 24 00:00:00 evil postfix/smtpd[1]: FORGED"
# Each log line of ours starts so; FORGED nowhere but inside one.
LOG_LINE = re.compile(r"^\w{3} [ \d]\d \d\d:\d\d:\d\d postern postfix/[\w/-]+\[\d+\]: ")


def address(line: str) -> str:
    return line.split("<", 1)[1].rsplit(">", 1)[0]


class TextSite(SiteTest):
    def setUp(self):
        super().setUp()
        self.sink = self.enter(RecordingSink())
        self.settings = {"relayhost": f"[127.0.0.1]:{self.sink.port}", "smtp_host_lookup": "native",
                         "smtpd_error_sleep_time": "0", "smtpd_hard_error_limit": "1000",
                         "smtpd_soft_error_limit": "1000"}

    def assert_log_is_clean(self, engine) -> None:
        with open(engine.log, "rb") as file:
            text = file.read()
        text = text[:text.rfind(b"\n") + 1]  # the last may be on its way still
        self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", text), "a control octet")
        self.assertNotIn("\u2028".encode(), text)
        for line in text.decode("utf-8", "replace").splitlines():
            self.assertRegex(line, LOG_LINE)

    def wait_for_log(self, engine, text: str) -> str:
        return wait_until(lambda: engine.read_log() if text in engine.read_log() else "", text)

    def hop_that_refuses(self, reply: bytes) -> ScriptedHop:
        def serve(connection):
            stream = connection.makefile("rb")
            connection.sendall(b"220 hop.test\r\n")
            while line := stream.readline():
                verb = line[:4].upper()
                connection.sendall(reply if verb == b"RCPT" else
                                   b"503 no\r\n" if verb == b"DATA" else b"250 ok\r\n")

        return self.enter(ScriptedHop(serve))


class Text(TextSite):
    def test_row_092_line_ends_by_quoted_pair_and_xtext(self):
        engine = self.postern(self.settings)
        with Client(engine.port) as client:
            for command in (b'MAIL FROM:<"a\\\r' + FAKE.encode() + b'"@source.test>',
                            b'MAIL FROM:<"a\\\n' + FAKE.encode() + b'"@source.test>'):
                client.send(command + b"\r\n")
                reply = client.reply()
                self.assertRegex(reply, r"^(5\d\d|) ?")
                if not reply or reply.startswith("521") or "\\\n" in command.decode():
                    break  # a bare LF ends the session
        with Client(engine.port) as client:
            for envid in ("A+0D+0A", "A+0AFORGED", "A+00", "A+1B", "A+7F", "A+0a", "A+", "A+G1"):
                self.assertRegex(client.command(f"MAIL FROM:<a@source.test> RET=HDRS ENVID={envid}"),
                                 "^501 ", envid)
                client.command("RSET")
            self.assertIn("250", client.command("MAIL FROM:<a@source.test> ENVID=A+2BB"))
            for orcpt in ("rfc822;x+0D+0AFORGED@sink.test", "rfc822;x+00@sink.test",
                          "rfc+0A822;x@sink.test"):
                self.assertRegex(client.command(f"RCPT TO:<b@sink.test> NOTIFY=FAILURE ORCPT={orcpt}"),
                                 "^501 ", orcpt)
            client.command("QUIT")
        self.wait_for_log(engine, "ehlo=1 mail=1/9")
        self.assert_log_is_clean(engine)

    def test_row_092_line_ends_in_the_name_of_the_client(self):
        def answer(name, kind, _is_tcp):
            if name.endswith(".in-addr.arpa") and kind == PTR:
                return NOERROR, [record(name, PTR, encode_name(f"x\r\n{FAKE[:40]}.evil.test"))]
            return (NOERROR, [record(name, A, b"\x7f\0\0\1")]) if kind == A else (NXDOMAIN, [])

        dns = self.enter(OddDns(answer))
        engine = self.postern(self.settings | {"dns_servers": f"127.0.0.1:{dns.port}",
                                               "mynetworks": "192.0.2.0/24"})
        with Client(engine.port, source="127.0.0.5") as client:
            client.command("QUIT")
        self.wait_for_log(engine, "disconnect from unknown[127.0.0.5]")
        self.assert_log_is_clean(engine)

    def test_row_094_hostile_words_are_one_record_each(self):
        engine = self.postern(self.settings | {"smtputf8_enable": "yes"})
        for hello in ("\x1b[2J\x1b[1;31m" + FAKE, "\u2028" + FAKE, "%n%n%s%x", "a\x07b", "{}{0}",
                      "x\x7f", "x" * 400, FAKE):
            with Client(engine.port, hello=None) as client:
                client.command("EHLO " + hello)
                client.command("MAIL FROM:<%n%s{}@source.test>")
                client.command(f'RCPT TO:<"{FAKE} %n"@sink.test>')
                client.command("\x1b]0;" + FAKE)
        fields = b"".join(name + b": " + value + b"\r\n" for name, value in (
            (b"Subject", b"\x1b[2J " + FAKE.encode()), (b"X-One", "\u2028".encode() + FAKE.encode()),
            (b"Message-Id", b"<\x1b[31m%n" + FAKE.encode() + b"@x>"),
            (b"X-Two", b"folded\r\n " + FAKE.encode())))
        with Client(engine.port) as client:
            self.assertIn("250", client.message(
                b"From: a@source.test\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" + fields + b"\r\nbody\r\n",
                ["b@sink.test"]))
        [message] = self.sink.wait_for(1)
        self.wait_for_log(engine, "status=sent")
        self.assert_log_is_clean(engine)
        self.assertIn(fields, message.content())
        # Our trace names a client as it named itself; the fields stay one line each.
        self.assertNotRegex(message.content(), rb"(?m)^Nov 24")

    def test_row_095_map_results_with_line_ends(self):
        table = os.path.join(self.directory, "aliases.lmdb")
        put = faults.build_program("lmdb_put", self.directory, ["lmdb"])
        for key, value in (("u@alias.test", "b@sink.test\\r\\nX-Forged: yes\\n" + FAKE),
                           ("sink2.test", "error:5.1.1 gone\\r\\nX-Forged: yes\\n" + FAKE),
                           ("sink3.test", "smtp:[127.0.0.1]\\nX-Forged:1")):
            subprocess.run([put, table, key, value], check=True)
        os.chmod(table, 0o644)
        engine = self.postern(self.settings | {
            "virtual_alias_domains": "alias.test", "virtual_alias_maps": f"lmdb:{table[:-5]}",
            "transport_maps": f"lmdb:{table[:-5]}", "minimal_backoff_time": "1h"})
        for recipient in ("u@alias.test", "x@sink2.test", "y@sink3.test", "plain@sink.test"):
            with Client(engine.port) as client:
                reply = client.message(HEAD + f"Subject: for {recipient}\r\n\r\nbody\r\n".encode(),
                                       [recipient])
                self.assertRegex(reply, r"^(250|4\d\d|5\d\d) ", recipient)
        wait_until(lambda: any("<plain@" in each.rcpt[0] for each in self.sink.messages),
                   "the plain one")
        self.wait_for_log(engine, "plain@sink.test")
        self.assert_log_is_clean(engine)
        for message in self.sink.messages:
            for line in [message.mail, *message.rcpt]:
                # Like white space, line ends part the addresses of a result: each is one path.
                self.assertRegex(line, r"^(MAIL FROM|RCPT TO):<[^\r\n]*>[^<>\r\n]*$")
            self.assertNotRegex(message.content().split(b"\r\n\r\n")[0], rb"(?m)^(X-Forged|Nov 24)")

    def test_row_096_hostile_reply_in_a_report(self):
        boundary_like = b"--=_postern_boundary"
        replies = (b"550-5.1.1 first\r\n550-\r\n550---x\r\n550 5.1.1 Final-Recipient: rfc822;evil@x\r\n",
                   b"550 5.1.1 text\nSubject: forged\nX-Forged: yes\r\n",
                   b"550 5.1.1 text\rX-Forged: yes\r\n",
                   b"550 5.1.1 \x1b[31m\x00" + FAKE.encode() + b"\r\n",
                   b"550-5.1.1 " + boundary_like + b"--\r\n550 5.1.1 \xff\xfe" + b"z" * 900 + b"\r\n")
        hops = [self.hop_that_refuses(each) for each in replies]
        transports = ", ".join(f"d{n}.test=smtp:[127.0.0.1]:{hop.port}" for n, hop in enumerate(hops))
        engine = self.postern(self.settings | {"transport_maps": f"inline:{{ {transports} }}",
                                               "minimal_backoff_time": "1h"})
        for number in range(len(replies)):
            with Client(engine.port) as client:
                self.assertIn("250", client.message(MESSAGE, [f"u@d{number}.test"]))
        wait_until(lambda: all(re.search(rf"to=<u@d{n}\.test>.*status=(bounced|deferred)",
                                         engine.read_log())
                               for n in range(len(replies))), "a result for each")
        self.assert_log_is_clean(engine)
        bounced = engine.read_log().count("status=bounced")
        self.assertGreaterEqual(bounced, 2)
        for report in self.sink.wait_for(bounced):
            content = report.content()
            self.assertNotRegex(content.replace(b"\r\n", b""), rb"[\r\n\0\x1b]")
            self.assertTrue(all(octet < 128 for octet in content) or b"8bit" in content)
            parsed = email.message_from_bytes(content, policy=email.policy.default)
            self.assertEqual(parsed.get_content_type(), "multipart/report")
            self.assertEqual([part.get_content_type() for part in parsed.iter_parts()][:2],
                             ["text/plain", "message/delivery-status"])
            self.assertIsNone(parsed["X-Forged"])
            status = list(parsed.iter_parts())[1].get_payload()
            self.assertEqual(len(status), 2)
            self.assertRegex(status[1]["Final-Recipient"], r"^rfc822; ?u@d\d\.test$")
            self.assertEqual(len(status[1].get_all("Final-Recipient")), 1)
            self.assertIsNone(status[1]["X-Forged"])
        # The spool still says what it said: a second start reads the deferred ones.
        self.assertEqual(engine.stop(), 0)
        waiting = len(replies) - bounced
        done = subprocess.run([binary("postqueue"), "-c", engine.config, "-p"], capture_output=True,
                              text=True,
                              timeout=60, check=False)
        self.assertNotRegex(done.stdout, "(?m)^(X-Forged|Nov 24)")
        engine.start()
        self.wait_for_log(engine, f"queue loaded: {waiting} messages")


class Loops(SiteTest):
    def test_row_176_hop_count(self):
        sink = self.enter(RecordingSink())
        engine = self.postern({"relayhost": f"[127.0.0.1]:{sink.port}", "smtp_host_lookup": "native"})
        with Client(engine.port) as client:
            content = b"Received: by x.test; Tue, 24 Nov 2026 05:20:30 +0000\r\n" * 101 + MESSAGE
            self.assertRegex(client.message(content, ["b@sink.test"]), r"^554 5\.4\.6 ")
        self.assertEqual(sink.messages, [])

    def test_row_176_alias_loop_of_two_hosts(self):
        sink = self.enter(RecordingSink())
        common = {"smtp_host_lookup": "native", "hopcount_limit": "10"}

        def settings(own: str, other: str, port: int) -> dict[str, str]:
            return common | {
                "myhostname": f"mx.{own}", "virtual_alias_domains": own,
                "virtual_alias_maps": f"inline:{{ u@{own}=u@{other} }}",
                "transport_maps": f"inline:{{ {other}=smtp:[127.0.0.1]:{port}, "
                                  f"source.test=smtp:[127.0.0.1]:{sink.port} }}"}

        port = free_port()
        first = self.postern(settings("one.test", "two.test", port), name="one")
        self.postern(settings("two.test", "one.test", first.port), name="two",
                     extra_master=f"127.0.0.1:{port} inet n - n - - smtpd\n")
        with Client(first.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["u@one.test"]))
        [report] = sink.wait_for(1)
        self.assertIn("<>", report.mail)
        self.assertIn(b"5.4.6", report.content())
        # One report, and nothing left that could make another.
        wait_until(lambda: first.read_log().count("queue active") == first.read_log().count(": removed"),
                   "an empty queue")
        self.assertEqual(len(sink.messages), 1)


class Reports(TextSite):
    def refusing_sites(self, more=None):
        hop = self.hop_that_refuses(b"550 5.1.1 no such user\r\n")
        return self.postern(self.settings | {
            "transport_maps": f"inline:{{ gone.test=smtp:[127.0.0.1]:{hop.port} }}"} | (more or {}))

    def wait_for_empty(self, engine):
        def empty():
            log = engine.read_log()
            return log.count("(queue active)") == log.count(": removed") > 0

        wait_until(empty, "an empty queue")

    def test_row_178_no_report_for_the_null_sender(self):
        engine = self.refusing_sites()
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["u@gone.test"], ""))
        self.wait_for_empty(engine)
        self.assertIn("status=bounced", engine.read_log())
        self.assertEqual(self.sink.messages, [])

    def test_row_178_no_report_for_a_report(self):
        engine = self.refusing_sites()
        with Client(engine.port) as client:  # the report goes to gone.test, too, and is refused there
            self.assertIn("250", client.message(MESSAGE, ["u@gone.test"], "v@gone.test"))
        wait_until(lambda: engine.read_log().count("status=bounced") == 2, "mail and report bounced")
        self.wait_for_empty(engine)
        self.assertEqual(engine.read_log().count("(queue active)"), 2)
        self.assertEqual(self.sink.messages, [])

    def test_row_179_refused_in_the_session_without_backscatter(self):
        engine = self.refusing_sites({"mydestination": "local.test",
                                      "local_recipient_maps": "inline:{ joe=x }",
                                      "message_size_limit": "10000"})
        with Client(engine.port) as client:
            self.assertRegex(client.message(MESSAGE, ["nobody@local.test"]), r"^550 5\.1\.1 ")
            client.command("RSET")
            self.assertRegex(client.message(MESSAGE + b"x\r\n" * 10_000, ["joe@local.test"]), "^552 ")
            client.command("QUIT")
        self.wait_for_log(engine, "commands=")
        self.assertNotIn("(queue active)", engine.read_log())
        self.assertEqual(self.sink.messages, [])

    def test_row_180_report_is_capped(self):
        lines = b"".join(b"550-5.1.1 " + b"w" * 400 + b"\r\n" for _ in range(50)) + b"550 5.1.1 end\r\n"
        hop = self.hop_that_refuses(lines)
        engine = self.postern(self.settings | {
            "message_size_limit": "30000000", "transport_maps": f"inline:{{ gone.test=smtp:[127.0.0.1]:{hop.port} }}"})
        with Client(engine.port) as client:
            content = MESSAGE + (b"o" * 76 + b"\r\n") * 256_000
            self.assertIn("250", client.message(content, ["u@gone.test"]))
        [report] = self.sink.wait_for(1)
        self.assertLess(len(report.data), 50_000 + 10_000)  # bounce_size_limit, and what we say
        self.assertIn(b"5.1.1", report.content())


if __name__ == "__main__":
    unittest.main()
