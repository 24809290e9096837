"""TLS on both sides, with Postfix, swaks and openssl as peers."""

import socket
import ssl
import subprocess
import unittest

from mail_site import Client, SiteTest, wait_until
from peers.certificate import make_certificate
from peers.postfix import Postfix
from peers.recording_sink import RecordingSink

MESSAGE = b"From: a@source.test\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
          b"Message-ID: <6@source.test>\r\n\r\nbody\r\n"


class Tls(SiteTest):
    def setUp(self):
        super().setUp()
        self.pem = make_certificate(self.directory)
        self.server = {"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": self.pem,
                       "smtpd_tls_loglevel": "1", "smtpd_tls_received_header": "yes"}

    def secured(self, port: int, **limits) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        for name, value in limits.items():
            setattr(context, name, value)
        plain = Client(port)
        self.assertIn("220", plain.command("STARTTLS"))
        return context.wrap_socket(plain.socket)

    def test_swaks_sends_over_starttls(self):
        sink = self.enter(RecordingSink())
        engine = self.postern(self.server | {"relayhost": f"[127.0.0.1]:{sink.port}",
                                             "smtp_host_lookup": "native"})
        done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(engine.port), "--tls",
                               "--from", "a@source.test", "--to", "b@sink.test"],
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(b"TLSv1.3", sink.wait_for(1)[0].content().split(b"\r\n\r\n")[0])

    def test_row_044_text_behind_starttls_is_not_executed(self):
        engine = self.postern(self.server)
        with Client(engine.port) as client:
            client.send(b"STARTTLS\r\nMAIL FROM:<injected@x.test>\r\n")
            reply = client.reply()
            self.assertFalse(reply.startswith("220"), reply)

    def test_row_046_what_was_said_in_clear_is_forgotten(self):
        engine = self.postern(self.server | {"smtpd_helo_required": "yes"})
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        client = Client(engine.port)
        self.assertIn("220", client.command("STARTTLS"))
        client.file.close()
        client.socket = context.wrap_socket(client.socket)
        client.file = client.socket.makefile("rb")
        self.assertRegex(client.command("MAIL FROM:<a@source.test>"), "^503")
        client.close()

    def test_row_052_old_versions_are_refused(self):
        engine = self.postern(self.server)
        for option in ("-tls1", "-tls1_1"):
            done = subprocess.run(["openssl", "s_client", "-starttls", "smtp", option, "-cipher",
                                   "ALL:@SECLEVEL=0", "-connect", f"127.0.0.1:{engine.port}"],
                                  input=b"", capture_output=True, timeout=60, check=False)
            self.assertNotEqual(done.returncode, 0, option)
        for option in ("-tls1_2", "-tls1_3"):
            done = subprocess.run(["openssl", "s_client", "-starttls", "smtp", option, "-connect",
                                   f"127.0.0.1:{engine.port}"], input=b"QUIT\r\n",
                                  capture_output=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, (option, done.stdout, done.stderr))

    def test_row_056_a_cut_connection_stores_nothing(self):
        sink = self.enter(RecordingSink())
        engine = self.postern(self.server | {"relayhost": f"[127.0.0.1]:{sink.port}"})
        secured = self.secured(engine.port)
        file = secured.makefile("rb")
        for line, code in ((b"EHLO c.test", b"250"), (b"MAIL FROM:<a@source.test>", b"250"),
                           (b"RCPT TO:<b@sink.test>", b"250"), (b"DATA", b"354")):
            secured.sendall(line + b"\r\n")
            while (reply := file.readline())[3:4] == b"-":
                pass
            self.assertEqual(reply[:3], code)
        secured.sendall(MESSAGE)
        # FIN without close_notify.
        socket.socket.shutdown(secured, socket.SHUT_RDWR)
        wait_until(lambda: "lost connection after DATA" in engine.read_log(), "the loss in the log")
        self.assertEqual(sink.messages, [])

    def test_postfix_peers_use_tls_both_ways(self):
        sink = self.enter(RecordingSink())
        behind = self.enter(Postfix(self.subdirectory("behind"), {
            "relayhost": f"[127.0.0.1]:{sink.port}", "smtp_host_lookup": "native",
            "smtpd_tls_security_level": "encrypt", "smtpd_tls_chain_files": self.pem}))
        engine = self.postern(self.server | {
            "relayhost": f"[127.0.0.1]:{behind.port}", "smtp_host_lookup": "native",
            "smtp_tls_security_level": "encrypt", "smtp_tls_loglevel": "1"})
        before = self.enter(Postfix(self.subdirectory("before"), {
            "relayhost": f"[127.0.0.1]:{engine.port}", "smtp_host_lookup": "native",
            "smtp_tls_security_level": "encrypt"}))
        with Client(before.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["b@sink.test"]))
        sink.wait_for(1)
        wait_until(lambda: "TLS connection established" in engine.read_log(), "TLS in the log")

    def test_row_048_mandatory_tls_is_not_given_up(self):
        sink = self.enter(RecordingSink())  # offers no STARTTLS
        engine = self.postern({"relayhost": f"[127.0.0.1]:{sink.port}", "smtp_host_lookup": "native",
                               "smtp_tls_security_level": "encrypt"})
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["b@sink.test"]))
        wait_until(lambda: "status=deferred" in engine.read_log(), "a deferral")
        self.assertIn("dsn=4.7.4", engine.read_log())
        self.assertEqual(sink.messages, [])

    def test_wrapper_mode_speaks_tls_first(self):
        engine = self.postern(self.server | {"smtpd_tls_wrappermode": "yes"})
        done = subprocess.run(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{engine.port}"],
                              input=b"QUIT\r\n", capture_output=True, timeout=60, check=False)
        self.assertIn(b"220 ", done.stdout)


if __name__ == "__main__":
    unittest.main()
