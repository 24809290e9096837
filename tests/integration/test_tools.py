"""The operator's tools against a running engine, and against its spool when it is down."""

import json
import re
import subprocess
import unittest
import urllib.request

from mail_site import Client, SiteTest, binary, wait_until
from peers.ports import free_port, wait_for_port
from peers.recording_sink import RecordingSink

MESSAGE = b"From: a@source.test\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
          b"Message-ID: <7@source.test>\r\n\r\nbody\r\n"


class Tools(SiteTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.engine = self.postern({
            "relayhost": f"[127.0.0.1]:{self.port}", "smtp_host_lookup": "native",
            "minimal_backoff_time": "1h", "maximal_backoff_time": "1h"})

    def tool(self, name: str, *words: str, text: str = "", code: int = 0) -> str:
        done = subprocess.run([binary(name), *words], input=text, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, code, f"{name} {words}: {done.stdout}{done.stderr}")
        return done.stdout

    def postern_tool(self, *words: str, **more) -> str:
        return self.tool("postern", words[0], "-c", self.engine.config, *words[1:], **more)

    def queue_one(self, reverse_path: str = "a@source.test", recipient: str = "b@sink.test") -> str:
        with Client(self.engine.port) as client:
            reply = client.message(MESSAGE, [recipient], reverse_path)
        queue_id = re.search(r"queued as (\w+)", reply)[1]
        wait_until(lambda: f"{queue_id}: to=<{recipient}>" in self.engine.read_log(), "a first attempt")
        return queue_id

    def test_mailq_lists_what_waits_up_and_down(self):
        queue_id = self.queue_one()
        up = self.tool("mailq", "-C", self.engine.config)
        for each in (queue_id, "a@source.test", "b@sink.test", "Connection refused", "in 1 Request"):
            self.assertIn(each, up)
        listed = [json.loads(line) for line in self.postern_tool("list", "--json").splitlines()]
        self.assertEqual(listed[0]["queue_id"], queue_id)
        self.engine.stop()
        down = self.tool("mailq", "-C", self.engine.config)
        self.assertIn(queue_id, down)

    def test_hold_release_delete(self):
        first, second = self.queue_one(), self.queue_one("z@source.test")
        self.postern_tool("hold", first)
        self.assertIn(first + "!", self.tool("mailq", "-C", self.engine.config))
        self.postern_tool("delete", second)
        text = self.tool("mailq", "-C", self.engine.config)
        self.assertNotIn(second, text)
        sink = self.enter(RecordingSink(port=self.port))
        self.postern_tool("flush")
        self.postern_tool("release", first)
        [message] = sink.wait_for(1)
        self.assertIn("a@source.test", message.mail)
        wait_until(lambda: "empty" in self.tool("mailq", "-C", self.engine.config), "an empty queue")

    def test_postsuper_takes_ids_from_standard_input(self):
        ids = [self.queue_one() for _ in range(3)]
        self.tool("postsuper", "-c", self.engine.config, "-d", "-", text="\n".join(ids[:2]) + "\n")
        listed = self.tool("mailq", "-C", self.engine.config)
        self.assertNotIn(ids[0], listed)
        self.assertIn(ids[2], listed)

    def test_postcat_shows_the_message(self):
        queue_id = self.queue_one()
        text = self.tool("postcat", "-c", self.engine.config, "-q", queue_id)
        self.assertIn("Subject: s", text)
        self.assertIn("body", text)
        self.assertIn("b@sink.test", text)

    def test_flush_by_destination_moves_only_that(self):
        self.queue_one(recipient="b@one.test")
        self.queue_one(recipient="b@two.test")
        sink = self.enter(RecordingSink(port=self.port))
        self.tool("postqueue", "-c", self.engine.config, "-s", "one.test")
        [message] = sink.wait_for(1)
        self.assertIn("b@one.test", message.rcpt[0])

    def test_sendmail_hands_over_to_the_running_engine(self):
        sink = self.enter(RecordingSink(port=self.port))
        self.tool("sendmail", "-C", self.engine.config, "-f", "me@source.test", "-oi", "b@sink.test",
                  text="Subject: by hand\n\nhello\n")
        [message] = sink.wait_for(1)
        self.assertIn(b"by hand", message.content())
        self.assertIn("me@source.test", message.mail)

    def test_sendmail_exit_codes_are_those_of_sysexits(self):
        self.tool("sendmail", "-C", self.engine.config, code=64)  # no recipients: EX_USAGE

    def test_metrics_tell_what_was_accepted(self):
        port = free_port()
        engine = self.postern({"metrics_listen": f"127.0.0.1:{port}"}, name="measured")
        with Client(engine.port) as client:
            client.command("NOOP")
        wait_for_port(port)  # mail is taken before everything else is up
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        self.assertIn("postern_", text)
        self.assertRegex(text, r"(?m)^postern_\w*queue\w*(\{[^}]*\})? ")


if __name__ == "__main__":
    unittest.main()
