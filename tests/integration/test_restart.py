"""Stops, crashes and reloads in the middle of work: nothing is lost, nothing comes twice."""

import os
import signal
import socket
import threading
import unittest

from mail_site import Client, SiteTest, wait_until
from peers.ports import free_port
from peers.recording_sink import RecordingSink

MESSAGE = b"From: a@source.test\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
          b"Message-ID: <3@source.test>\r\n\r\nbody\r\n"


def addresses(messages) -> list[str]:
    return sorted(each.mail.split("<")[1].split(">")[0] for each in messages)


class Restart(SiteTest):
    def test_row_202_sigterm_under_load_loses_nothing(self):
        sink = self.enter(RecordingSink())
        engine = self.postern({"relayhost": f"[127.0.0.1]:{sink.port}", "smtp_host_lookup": "native"})
        acknowledged, lock = set(), threading.Lock()

        def send(worker: int) -> None:
            for number in range(10_000):
                sender = f"w{worker}n{number}@source.test"
                try:
                    with Client(engine.port) as client:
                        if client.message(MESSAGE, ["b@sink.test"], sender).startswith("250"):
                            with lock:
                                acknowledged.add(sender)
                        else:
                            return
                except (OSError, ValueError):
                    return

        workers = [threading.Thread(target=send, args=(each,)) for each in range(8)]
        for each in workers:
            each.start()
        wait_until(lambda: len(acknowledged) > 200, "200 messages acknowledged")
        self.assertEqual(engine.stop(), 0)
        for each in workers:
            each.join()
        engine.start()
        wait_until(lambda: set(addresses(sink.messages)) >= acknowledged, "all mail at the sink")
        self.assertEqual(len(sink.messages), len(set(addresses(sink.messages))), "duplicates")

    def test_row_187_sigkill_with_a_dead_next_hop_keeps_the_queue(self):
        port = free_port()
        engine = self.postern({"relayhost": f"[127.0.0.1]:{port}", "smtp_host_lookup": "native",
                               "minimal_backoff_time": "1s", "maximal_backoff_time": "2s",
                               "queue_run_delay": "1s"})
        with Client(engine.port) as client:
            for number in range(50):
                self.assertIn("250", client.message(MESSAGE, ["b@sink.test"], f"n{number}@source.test"))
        engine.process.send_signal(signal.SIGKILL)
        engine.process.wait()
        engine.start()
        sink = self.enter(RecordingSink(port=port))
        sink.wait_for(50)
        self.assertEqual(addresses(sink.messages), sorted(f"n{n}@source.test" for n in range(50)))

    def test_row_197_second_start_is_refused(self):
        engine = self.postern()
        import subprocess
        second = subprocess.run([engine.binary, "-c", engine.config], capture_output=True, text=True,
                                timeout=60, check=False)
        self.assertNotEqual(second.returncode, 0)
        with Client(engine.port) as client:
            self.assertIn("250", client.command("NOOP"))

    def test_reload_takes_new_values_and_keeps_sessions(self):
        engine = self.postern({"smtpd_banner": "$myhostname ESMTP before"})
        with Client(engine.port) as old:
            self.assertIn("before", old.greeting)
            path = os.path.join(engine.config, "main.cf")
            with open(path) as file:
                text = file.read()
            with open(path, "w") as file:
                file.write(text.replace("before", "after"))
            engine.process.send_signal(signal.SIGHUP)

            def greets_anew():
                with Client(engine.port) as client:
                    return "after" in client.greeting

            wait_until(greets_anew, "the new banner")
            self.assertIn("250", old.command("NOOP"))

    def test_bad_reload_leaves_the_running_configuration(self):
        engine = self.postern({"smtpd_banner": "$myhostname ESMTP before"})
        path = os.path.join(engine.config, "main.cf")
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace("before", "after") + "smtpd_timeout = soon\n")
        engine.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "smtpd_timeout" in engine.read_log(), "the reason in the log")
        with Client(engine.port) as client:
            self.assertIn("before", client.greeting)

    def test_graceful_stop_answers_421(self):
        engine = self.postern()
        with Client(engine.port) as client:
            engine.process.send_signal(signal.SIGTERM)

            def is_closed():
                try:
                    with socket.create_connection(("127.0.0.1", engine.port), timeout=5):
                        return False
                except OSError:
                    return True

            wait_until(is_closed, "a closed listener")
            self.assertIn("421", client.command("NOOP") or "421 closed at once")
        self.assertEqual(engine.process.wait(timeout=60), 0)


if __name__ == "__main__":
    unittest.main()
