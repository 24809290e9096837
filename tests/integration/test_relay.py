"""Mail through the engine to a next hop: octets, envelopes, results for each recipient."""

import glob
import os
import subprocess
import unittest

from mail_site import TESTDATA, Client, SiteTest, wait_until
from peers.postfix import Postfix
from peers.recording_sink import RecordingSink
from peers.smtp_sink import SmtpSink

SMALL = b"From: a@source.test\r\nSubject: hello\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
        b"Message-ID: <1@source.test>\r\n\r\nbody\r\n"


def relay_settings(sink_port: int) -> dict[str, str]:
    return {"relayhost": f"[127.0.0.1]:{sink_port}", "smtp_host_lookup": "native"}


def without_trace(content: bytes) -> bytes:
    """What the engine was given: its own Received field, the first, taken off."""
    lines = content.splitlines(keepends=True)
    assert lines[0].startswith(b"Received: "), lines[:1]
    end = 1
    while end < len(lines) and lines[end][:1] in (b" ", b"\t"):
        end += 1
    return b"".join(lines[end:])


class Relay(SiteTest):
    def test_one_message_keeps_its_octets(self):
        sink = self.enter(RecordingSink())
        engine = self.postern(relay_settings(sink.port))
        with Client(engine.port) as client:
            self.assertRegex(client.message(SMALL, ["b@sink.test"]), r"^250 2\.0\.0 Ok: queued as")
        [message] = sink.wait_for(1)
        self.assertEqual(without_trace(message.content()), SMALL)
        self.assertTrue(message.mail.startswith("MAIL FROM:<a@source.test>"), message.mail)
        self.assertEqual(len(message.rcpt), 1)

    def test_row_020_dots_and_long_lines_stay(self):
        body = b"..\r\n.\r\n. x\r\n." + b"y" * 997 + b"\r\n"
        sink = self.enter(RecordingSink())
        engine = self.postern(relay_settings(sink.port))
        with Client(engine.port) as client:
            self.assertIn("250", client.message(SMALL + body, ["b@sink.test"])[:3])
        [message] = sink.wait_for(1)
        self.assertEqual(without_trace(message.content()), SMALL + body)

    def test_row_132_mime_corpus_passes_unchanged(self):
        names = sorted(glob.glob(os.path.join(TESTDATA, "mime", "**", "*.eml"), recursive=True) +
                       glob.glob(os.path.join(TESTDATA, "mime", "**", "*.msg"), recursive=True))
        if not names:
            self.skipTest(f"{TESTDATA}/mime is not here")
        sink = self.enter(RecordingSink())
        engine = self.postern(relay_settings(sink.port) |
                              {"message_size_limit": "50000000", "smtpd_forbid_bare_newline": "no",
                               "smtp_line_length_limit": "0", "smtpd_hard_error_limit": "100000",
                               "smtpd_soft_error_limit": "100000", "hopcount_limit": "1000"})
        sent = {}
        with Client(engine.port) as client:
            for number, name in enumerate(names[::5]):
                with open(name, "rb") as file:
                    lines = file.read().splitlines()
                content = b"".join(line.replace(b"\r", b"") + b"\r\n" for line in lines)
                if not content or b"\0" in content:
                    continue
                reply = client.message(content, ["b@sink.test"], f"n{number}@source.test",
                                       " BODY=8BITMIME")
                if reply.startswith("250"):
                    sent[f"n{number}@source.test"] = (name, content)
                else:
                    # A refusal is an answer, too; what was accepted has to be whole.
                    self.assertRegex(reply, r"^5", name)
        self.assertGreater(len(sent), 50)
        for message in sink.wait_for(len(sent), 120):
            name, content = sent[message.mail.split("<")[1].split(">")[0]]
            received = without_trace(message.content())
            # The engine completes what RFC 5322 demands, in front; the rest is untouched.
            self.assertTrue(received.endswith(content), name)

    def test_results_are_per_recipient(self):
        def answer(stage, line):
            if stage == "RCPT" and "refused" in line:
                return "550 5.1.1 no such user"
            if stage == "RCPT" and "later" in line:
                return "450 4.2.0 busy"
            return None

        sink = self.enter(RecordingSink(answer=answer))
        engine = self.postern(relay_settings(sink.port))
        with Client(engine.port) as client:
            reply = client.message(SMALL, ["good@sink.test", "refused@sink.test", "later@sink.test"])
            self.assertIn("250", reply)
        messages = sink.wait_for(2)
        [mail] = [each for each in messages if "<a@source.test>" in each.mail]
        [report] = [each for each in messages if "<>" in each.mail]
        self.assertEqual([each.split("<")[1].split(">")[0] for each in mail.rcpt], ["good@sink.test"])
        self.assertIn(b"refused@sink.test", report.content())
        self.assertNotIn(b"later@sink.test", report.content().split(b"Content-Type: message/")[0])
        log = wait_until(lambda: "status=deferred" in engine.read_log() and engine.read_log(),
                         "a deferred recipient in the log")
        self.assertRegex(log, r"to=<later@sink\.test>.*dsn=4\.2\.0, status=deferred")
        self.assertRegex(log, r"to=<refused@sink\.test>.*dsn=5\.1\.1, status=bounced")

    def test_8bit_is_encoded_for_a_peer_without_8bitmime(self):
        sink = self.enter(RecordingSink(keywords=("PIPELINING",)))
        engine = self.postern(relay_settings(sink.port))
        content = SMALL.replace(b"\r\n\r\n", b"\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
                                b"charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", 1)
        content += "gr\u00fc\u00dfe\r\n".encode()
        with Client(engine.port) as client:
            self.assertIn("250", client.message(content, ["b@sink.test"], parameters=" BODY=8BITMIME"))
        [message] = sink.wait_for(1)
        self.assertTrue(all(octet < 128 for octet in message.data))
        self.assertIn(b"quoted-printable", message.data)
        self.assertIn(b"gr=C3=BC=C3=9Fe", message.data)

    def test_bdat_leaves_by_bdat_or_data(self):
        sink = self.enter(RecordingSink())
        engine = self.postern(relay_settings(sink.port))
        with Client(engine.port) as client:
            self.assertIn("CHUNKING", client.keywords)
            for each in ("MAIL FROM:<a@source.test>", "RCPT TO:<b@sink.test>"):
                self.assertIn("250", client.command(each))
            client.send(b"BDAT %d\r\n" % len(SMALL) + SMALL)
            self.assertIn("250", client.reply())
            client.send(b"BDAT 6 LAST\r\nmore\r\n")
            self.assertIn("250", client.reply())
        [message] = sink.wait_for(1)
        self.assertEqual(without_trace(message.content()), SMALL + b"more\r\n")


class RealPeers(SiteTest):
    def test_smtp_source_and_smtp_sink(self):
        count = 2000
        sink = self.enter(SmtpSink(["-M", str(count)]))
        engine = self.postern(relay_settings(sink.port))
        subprocess.run(["smtp-source", "-s", "10", "-l", "5000", "-m", str(count), "-f", "a@source.test",
                        "-t", "b@sink.test", f"127.0.0.1:{engine.port}"], check=True, timeout=300)
        self.assertEqual(sink.process.wait(timeout=300), 0)

    def test_swaks_message_arrives(self):
        sink = self.enter(RecordingSink())
        engine = self.postern(relay_settings(sink.port))
        done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(engine.port), "--from",
                               "a@source.test", "--to", "b@sink.test,c@sink.test", "--pipeline",
                               "--body", "by swaks"], capture_output=True, text=True, timeout=120,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(b"by swaks", sink.wait_for(1)[0].content())

    def test_postfix_before_and_behind(self):
        """Postfix -> Postern -> Postfix -> sink, with DSN and 8-bit octets kept all the way."""
        sink = self.enter(RecordingSink())
        behind = self.enter(Postfix(self.subdirectory("behind"), relay_settings(sink.port)))
        engine = self.postern(relay_settings(behind.port))
        before = self.enter(Postfix(self.subdirectory("before"), relay_settings(engine.port)))
        body = "Umlaut \u00fc\r\n..dots\r\n".encode()
        with Client(before.port) as client:
            self.assertIn("250", client.message(SMALL + body, ["b@sink.test"],
                                                parameters=" BODY=8BITMIME ENVID=QQ314159"))
        [message] = sink.wait_for(1)
        self.assertTrue(message.content().endswith(SMALL + body), message.content())
        self.assertIn("ENVID=QQ314159", message.mail)
        self.assertIn("BODY=8BITMIME", message.mail)


if __name__ == "__main__":
    unittest.main()
