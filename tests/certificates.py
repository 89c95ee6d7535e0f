"""Certificates for the tests of TLS, made by openssl: an authority, a server, two clients, and a stranger's."""
import subprocess
from dataclasses import dataclass
from pathlib import Path


def _openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, timeout=60)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


class Certificates:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.authority = self._authority("authority")
        self.server = self.signed("server")
        self.client = self.signed("client")
        self.stranger = self._authority("stranger")

    def _paths(self, name):
        return Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")

    def _authority(self, name):
        pair = self._paths(name)
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 2,
                 "-subj", f"/CN={name}", "-keyout", pair.key, "-out", pair.certificate)
        return pair

    def signed(self, name, passphrase=None):
        """A pair signed by the authority, for 127.0.0.1 and localhost. With a passphrase its key is encrypted."""
        pair = self._paths(name)
        request = self.folder / f"{name}.csr"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\n")
        protect = ["-passout", f"pass:{passphrase}"] if passphrase else ["-nodes"]
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", *protect, "-subj", f"/CN={name}",
                 "-keyout", pair.key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.authority.certificate, "-CAkey", self.authority.key,
                 "-CAcreateserial", "-days", 2, "-extfile", extensions, "-out", pair.certificate)
        return pair

    def subject_shown_by(self, port):
        """The common name in the certificate that the server shows now."""
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-cert", self.client.certificate,
                               "-key", self.client.key], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        lines = [line for line in done.stdout.split("\n") if line.startswith("subject=")]
        return lines[0].split("CN = ")[1] if lines else None
