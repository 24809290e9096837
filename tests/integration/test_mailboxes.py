"""Mail that stays: virtual mailboxes, system users, aliases, commands, LMTP to Dovecot."""

import glob
import imaplib
import os
import pwd
import subprocess
import unittest

from mail_site import Client, SiteTest, wait_until
from peers.dovecot import Dovecot

MESSAGE = b"From: a@source.test\r\nSubject: stays\r\nDate: Tue, 24 Nov 2026 05:20:30 +0000\r\n" \
          b"Message-ID: <2@source.test>\r\n\r\nFrom the start of a line\r\nbody\r\n"


def maildir_files(path: str) -> list[str]:
    return glob.glob(os.path.join(path, "new", "*"))


class VirtualMailboxes(SiteTest):
    def setUp(self):
        super().setUp()
        self.base = self.subdirectory("mailboxes")
        owner = pwd.getpwnam("nobody")
        os.chown(self.base, owner.pw_uid, owner.pw_gid)
        self.settings = {
            "virtual_mailbox_domains": "virtual.test", "virtual_mailbox_base": self.base,
            "virtual_mailbox_maps": "inline:{ joe@virtual.test=joe/, mbox@virtual.test=mbox }",
            "virtual_uid_maps": f"static:{owner.pw_uid}", "virtual_gid_maps": f"static:{owner.pw_gid}",
            "virtual_minimum_uid": "100",
            "virtual_alias_domains": "alias.test",
            "virtual_alias_maps": "inline:{ all@alias.test=joe@virtual.test }",
        }

    def test_maildir_gets_the_message_with_its_fields(self):
        engine = self.postern(self.settings)
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["joe@virtual.test"]))
        path = os.path.join(self.base, "joe")
        [name] = wait_until(lambda: maildir_files(path), "a file in new/")
        with open(name, "rb") as file:
            text = file.read()
        self.assertTrue(text.startswith(b"Return-Path: <a@source.test>\n"), text[:200])
        self.assertIn(b"Delivered-To: joe@virtual.test\n", text)
        self.assertTrue(text.endswith(MESSAGE.replace(b"\r\n", b"\n")), text)
        status = os.stat(name)
        self.assertEqual(status.st_uid, pwd.getpwnam("nobody").pw_uid)
        self.assertEqual(status.st_mode & 0o077, 0)
        self.assertEqual(os.listdir(os.path.join(path, "tmp")), [])

    def test_mbox_is_appended(self):
        engine = self.postern(self.settings)
        with Client(engine.port) as client:
            for _ in range(2):
                self.assertIn("250", client.message(MESSAGE, ["mbox@virtual.test"]))
        path = os.path.join(self.base, "mbox")

        def both():
            try:
                with open(path, "rb") as file:
                    text = file.read()
            except FileNotFoundError:
                return b""
            return text if text.count(b"Subject: stays") == 2 else b""

        text = wait_until(both, "two messages in the mbox")
        self.assertEqual(text.count(b"\n>From the start"), 2)

    def test_alias_domain_leads_to_the_mailbox(self):
        engine = self.postern(self.settings)
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["all@alias.test"]))
        wait_until(lambda: maildir_files(os.path.join(self.base, "joe")), "a file in new/")
        wait_until(lambda: "orig_to=<all@alias.test>" in engine.read_log(), "the alias in the log")

    def test_row_179_unknown_user_is_refused_in_the_session(self):
        engine = self.postern(self.settings)
        with Client(engine.port) as client:
            self.assertRegex(client.message(MESSAGE, ["nobody@virtual.test"]), r"^550 5\.1\.1 ")

    def test_row_204_symlinked_mailbox_is_refused(self):
        target = self.subdirectory("elsewhere")
        os.symlink(target, os.path.join(self.base, "joe"))
        engine = self.postern(self.settings)
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["joe@virtual.test"]))
        wait_until(lambda: "status=deferred" in engine.read_log(), "a deferral")
        self.assertEqual(os.listdir(target), [])


class SystemUsers(SiteTest):
    """local(8): needs root, since mail is written as another user."""

    USER = "games"  # a system user that base-passwd makes on every Debian

    def setUp(self):
        super().setUp()
        self.assertEqual(os.geteuid(), 0, "this test needs root")
        self.spool = self.subdirectory("spool")
        os.chmod(self.spool, 0o1777)
        self.settings = {
            "mydestination": "local.test", "mail_spool_directory": self.spool,
            "local_recipient_maps": "", "virtual_minimum_uid": "1", "local_minimum_uid": "1",
        }

    def mailbox(self, name: str) -> bytes:
        try:
            with open(os.path.join(self.spool, name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def settings_with_aliases(self, aliases: str) -> dict[str, str]:
        path = os.path.join(self.directory, "aliases")
        with open(path, "w") as out:
            out.write(aliases)
        return self.settings | {"alias_maps": f"hash:{path}", "alias_database": f"hash:{path}"}

    def test_system_user_gets_mail_as_owner_of_the_file(self):
        settings = {key: value for key, value in self.settings.items() if key != "local_minimum_uid"}
        engine = self.postern(settings)
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, [f"{self.USER}@local.test"]))
        text = wait_until(lambda: self.mailbox(self.USER), "a mailbox")
        self.assertIn(b"Subject: stays", text)
        self.assertEqual(os.stat(os.path.join(self.spool, self.USER)).st_uid,
                         pwd.getpwnam(self.USER).pw_uid)
        with open(f"/proc/{engine.process.pid}/status") as status:
            text = status.read()
        self.assertNotIn("\nUid:\t0\t", text, "the engine still runs as root")

    def test_alias_to_a_command(self):
        out = self.subdirectory("out")
        os.chmod(out, 0o777)
        target = os.path.join(out, "got")
        engine = self.postern(self.settings_with_aliases(f'robot: "|/usr/bin/tee {target}"\n'))
        with Client(engine.port) as client:
            self.assertIn("250", client.message(MESSAGE, ["robot@local.test"]))
        wait_until(lambda: os.path.exists(target) and os.path.getsize(target) > len(MESSAGE) // 2,
                   "the command's file")
        self.assertNotEqual(os.stat(target).st_uid, 0, "the command ran as root")

    def test_row_088_no_shell_is_involved(self):
        out = self.subdirectory("out")
        os.chmod(out, 0o777)
        engine = self.postern(self.settings)
        recipient = "${run{/usr/bin/touch " + out + "/x}}@local.test"
        with Client(engine.port) as client:
            client.command("MAIL FROM:<;touch${IFS}" + out + "/y;@source.test>")
            client.command("RSET")
            client.message(MESSAGE, ['"' + recipient.split("@")[0] + '"@local.test'])
        wait_until(lambda: engine.read_log(), "a log")
        self.assertEqual(os.listdir(out), [])


class DovecotLmtp(SiteTest):
    def test_lmtp_by_unix_socket_and_tcp_then_imap(self):
        dovecot = self.enter(Dovecot(self.subdirectory("dovecot")))
        for number, next_hop in enumerate((f"lmtp:unix:{dovecot.lmtp_socket}",
                                           f"lmtp:inet:127.0.0.1:{dovecot.lmtp_port}")):
            engine = self.postern({"virtual_mailbox_domains": "dovecot.test",
                                   "virtual_mailbox_maps": "static:exists",
                                   "virtual_transport": next_hop}, name=f"postern{number}")
            with Client(engine.port) as client:
                reply = client.message(MESSAGE, ["joe@dovecot.test", "ann@dovecot.test"])
                self.assertIn("250", reply)
            wait_until(lambda: engine.read_log().count("status=sent") == 2, "two recipients sent")
        for user in ("joe", "ann"):
            imap = imaplib.IMAP4("127.0.0.1", dovecot.imap_port)
            imap.login(user, "secret")
            self.assertEqual(imap.select()[1], [b"2"])
            text = imap.fetch("1", "(RFC822)")[1][0][1]
            self.assertTrue(text.endswith(MESSAGE), text)
            imap.logout()


class Submission(SiteTest):
    def test_sendmail_while_the_engine_is_down(self):
        base = self.subdirectory("mailboxes")
        owner = pwd.getpwnam("nobody")
        os.chown(base, owner.pw_uid, owner.pw_gid)
        engine = self.postern({
            "virtual_mailbox_domains": "virtual.test", "virtual_mailbox_base": base,
            "virtual_mailbox_maps": "inline:{ joe@virtual.test=joe/ }",
            "virtual_uid_maps": f"static:{owner.pw_uid}", "virtual_gid_maps": f"static:{owner.pw_gid}"})
        engine.stop()
        from mail_site import binary
        done = subprocess.run([binary("sendmail"), "-C", engine.config, "-f", "a@source.test", "-t",
                               "-oi"], input=b"To: joe@virtual.test\nBcc: joe@virtual.test\n"
                              b"Subject: later\n\n.\nafter a dot\n", capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(maildir_files(os.path.join(base, "joe")), [])
        engine.start()
        [name] = wait_until(lambda: maildir_files(os.path.join(base, "joe")), "the message")
        with open(name, "rb") as file:
            text = file.read()
        self.assertIn(b"\n.\nafter a dot\n", text)
        self.assertNotIn(b"Bcc:", text)
        self.assertIn(b"\nMessage-I", text)


if __name__ == "__main__":
    unittest.main()
