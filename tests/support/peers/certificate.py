"""A self-signed certificate for tests, made by openssl(1)."""

import os
import subprocess


def make_certificate(directory: str, name: str = "postern.test") -> str:
    """One PEM file with key and certificate (smtpd_tls_chain_files takes it); its path."""
    key, certificate, both = (os.path.join(directory, each) for each in ("key", "crt", "chain.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    descriptor = os.open(both, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        for part in (key, certificate):
            with open(part) as text:
                out.write(text.read())
    return both
