"""Next hops from a real DNS server: nsd with a zone of the test's own."""

import unittest

from mail_site import Client, SiteTest, wait_until
from peers.nsd import Nsd
from peers.ports import free_port
from peers.recording_sink import RecordingSink

MESSAGE = b"From: a@source.test\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
          b"Message-ID: <4@source.test>\r\n\r\nbody\r\n"

ZONE = """\
@            MX 10 first
@            MX 20 second
first        A  127.0.0.9
second       A  127.0.0.1
address      A  127.0.0.1
nullmx       MX 0 .
self         MX 10 postern
postern      A  127.0.0.1
alias        CNAME address
many         MX 10 first
"""


class Dns(SiteTest):
    def setUp(self):
        super().setUp()
        # 127.0.0.9 refuses: nobody listens there on the sink's port.
        self.sink = self.enter(RecordingSink())
        self.nsd = self.enter(Nsd(self.subdirectory("nsd"), "zone.example", ZONE))
        self.settings = {
            "smtp_tcp_port": str(self.sink.port), "dns_servers": f"127.0.0.1:{self.nsd.port}",
            "myhostname": "postern.zone.example", "mydestination": "",
            "inet_interfaces": "127.0.0.1", "minimal_backoff_time": "1s",
            "bounce_queue_lifetime": "1h"}
        self.engine = self.postern(self.settings)

    def send(self, domain: str, engine=None) -> None:
        with Client((engine or self.engine).port) as client:
            self.assertIn("250", client.message(MESSAGE, [f"b@{domain}"]))

    def test_second_mx_takes_over(self):
        self.send("zone.example")
        self.sink.wait_for(1)
        self.assertIn("relay=second.zone.example[127.0.0.1]", wait_until(
            lambda: "status=sent" in self.engine.read_log() and self.engine.read_log(), "sent"))

    def test_address_record_serves_where_there_is_no_mx(self):
        self.send("address.zone.example")
        self.send("alias.zone.example")
        self.sink.wait_for(2)

    def test_row_177_null_mx_bounces_without_a_connection(self):
        self.send("nullmx.zone.example")
        wait_until(lambda: "dsn=5.1.10" in self.engine.read_log(), "5.1.10")
        self.assertIn("status=bounced", self.engine.read_log())

    def test_row_177_mx_to_self_bounces(self):
        # The port that mail goes out to has to be one that this engine listens on.
        port = free_port()
        engine = self.postern(self.settings | {"smtp_tcp_port": str(port)}, name="self",
                              extra_master=f"127.0.0.1:{port} inet n - n - - smtpd\n")
        self.send("self.zone.example", engine)
        wait_until(lambda: "dsn=5.4.6" in engine.read_log(), "5.4.6")

    def test_row_209_nxdomain_bounces(self):
        self.send("missing.zone.example")
        wait_until(lambda: "dsn=5.4.4" in self.engine.read_log(), "5.4.4")

    def test_row_209_server_failure_defers(self):
        self.send("other.example")  # nsd refuses what it does not serve
        wait_until(lambda: "dsn=4.4.3" in self.engine.read_log(), "4.4.3")
        self.assertIn("status=deferred", self.engine.read_log())


if __name__ == "__main__":
    unittest.main()
