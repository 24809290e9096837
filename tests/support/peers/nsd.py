"""nsd serving one zone on a free loopback port."""

import os
import socket
import struct
import subprocess
import time

from .ports import free_port

CONF = """\
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{directory}"
  database: ""
  pidfile: "{directory}/nsd.pid"
  xfrdfile: "{directory}/xfrd.state"
  zonelistfile: "{directory}/zone.list"
  xfrdir: "{directory}"
  logfile: "{directory}/nsd.log"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: "{zone}"
  zonefile: "zone"
"""


class Nsd:
    """`records`: lines of a zone file, relative to `zone`."""

    def __init__(self, directory: str, zone: str, records: str):
        self.directory = directory
        self.zone = zone
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        with open(os.path.join(directory, "nsd.conf"), "w") as out:
            out.write(CONF.format(directory=directory, port=self.port, zone=zone))
        with open(os.path.join(directory, "zone"), "w") as out:
            out.write(f"$ORIGIN {zone}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n"
                      f"@ NS ns\nns A 127.0.0.1\n{records}\n")

    def __enter__(self):
        conf = os.path.join(self.directory, "nsd.conf")
        self.process = subprocess.Popen(["nsd", "-d", "-c", conf], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self._wait()
        return self

    def _wait(self):
        question = b"".join(bytes([len(each)]) + each.encode() for each in self.zone.split("."))
        query = struct.pack(">6H", 7, 0, 1, 0, 0, 0) + question + b"\0" + struct.pack(">2H", 6, 1)
        end = time.monotonic() + 30
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            while time.monotonic() < end:
                if self.process.poll() is not None:
                    raise RuntimeError("nsd ended: " + open(f"{self.directory}/nsd.log").read())
                try:
                    probe.sendto(query, ("127.0.0.1", self.port))
                    probe.recvfrom(512)
                    return
                except OSError:
                    continue
        raise TimeoutError(f"nsd does not answer on port {self.port}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
