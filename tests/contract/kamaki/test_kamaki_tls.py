"""Certificates of a real TLS server: refused, trusted by a bundle, or not checked."""

import datetime
import ipaddress
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ACCESS = {"access": {"user": {"id": "u-1", "name": "me"}, "serviceCatalog": []}}


class Answer(BaseHTTPRequestHandler):
    """Signs everybody in."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(ACCESS).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_args: object) -> None:
        """Keep quiet."""


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate that signs itself, for this host alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Path]:
    """Serve over TLS, configure a cloud there, and answer the certificate to trust."""
    pem, secret = make_certificate(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"https://127.0.0.1:{server.server_address[1]}/identity/v2.0"
    (tmp_path / "kamakirc").write_text(f'[cloud "x"]\nurl = {url}\ntoken = T\n')
    yield pem
    server.shutdown()
    thread.join()
    server.server_close()


def kamaki(bundle: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(Path(sys.executable).with_name("kamaki")), "user", "info", "-j", *words],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "KAMAKI_CONFIG": str(bundle.with_name("kamakirc"))},
    )


def test_a_certificate_that_nobody_vouches_for_is_refused(bundle: Path) -> None:
    done = kamaki(bundle)
    assert done.returncode == 1
    assert done.stderr.startswith("SSL Authentication failed\n")
    assert "--ignore-ssl" in done.stderr


@pytest.mark.parametrize("form", ["--ca-certs={}", "-oca_certs={}"])
def test_a_bundle_is_trusted(bundle: Path, form: str) -> None:
    done = kamaki(bundle, form.format(bundle))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["id"] == "u-1"


@pytest.mark.parametrize("words", [("-k",), ("--ignore-ssl",), ("-o", "ignore_ssl=on")])
def test_the_check_can_be_skipped(bundle: Path, words: tuple[str, ...]) -> None:
    assert kamaki(bundle, *words).returncode == 0
