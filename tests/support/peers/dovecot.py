"""Dovecot below one directory: LMTP on a unix socket and a TCP port, IMAP on a TCP port."""

import os
import pwd
import subprocess
import time

from .ports import free_port, wait_for_port

CONF = """\
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
protocols = imap lmtp
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
mail_location = maildir:{directory}/mail/%n
first_valid_uid = 1
mail_uid = {user}
mail_gid = {group_of_user}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group_of_user} home={directory}/mail/%n allow_all_users=yes
}}
service lmtp {{
  unix_listener {directory}/lmtp.sock {{
    mode = 0666
  }}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@dovecot.test
}}
"""


class Dovecot:
    """Any user exists; the password is "secret".  Needs root, as Dovecot's master does."""

    def __init__(self, directory: str):
        self.directory = directory
        self.lmtp_port, self.imap_port = free_port(), free_port()
        self.lmtp_socket = os.path.join(directory, "lmtp.sock")
        self.process: subprocess.Popen | None = None
        owner = pwd.getpwnam("nobody")
        mail = os.path.join(directory, "mail")
        os.makedirs(mail, exist_ok=True)
        os.chown(mail, owner.pw_uid, owner.pw_gid)
        os.chmod(directory, 0o755)
        self.conf = os.path.join(directory, "dovecot.conf")
        with open(self.conf, "w") as out:
            out.write(CONF.format(directory=directory, internal="dovecot", login="dovenull",
                                  group="dovecot", user="nobody", group_of_user="nogroup",
                                  lmtp_port=self.lmtp_port, imap_port=self.imap_port))

    def __enter__(self):
        self.process = subprocess.Popen(["dovecot", "-F", "-c", self.conf],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for port in (self.imap_port, self.lmtp_port):
            wait_for_port(port, is_alive=lambda: self.process.poll() is None)
        end = time.monotonic() + 30
        while not os.path.exists(self.lmtp_socket):
            if time.monotonic() > end:
                raise TimeoutError("dovecot made no LMTP socket")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
