"""A real OpenLDAP server for tests, with a folder and ports of its own."""

import datetime
import ipaddress
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.support.ports import free_port, wait_for_port

ROOT_DN, ROOT_PASSWORD = "cn=admin,dc=example,dc=org", "the admin's own"
BASE = "dc=example,dc=org"
_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
TLSCACertificateFile {folder}/server.crt
TLSCertificateFile {folder}/server.crt
TLSCertificateKeyFile {folder}/server.key
database mdb
maxsize 10485760
suffix "{base}"
rootdn "{root}"
rootpw "{password}"
directory {folder}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{root}" read by users read by * none
"""
_LDIF = """
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups
"""


@dataclass
class Slapd:
    """A running server."""

    folder: Path
    port: int
    tls_port: int
    process: "subprocess.Popen[bytes]"

    @property
    def uri(self) -> str:
        """Answer the address without TLS."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_uri(self) -> str:
        """Answer the address with TLS."""
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def ca_file(self) -> str:
        """Answer the certificate to trust."""
        return str(self.folder / "server.crt")

    def add(self, ldif: str) -> None:
        """Add entries."""
        self._run("ldapadd", ldif)

    def modify(self, ldif: str) -> None:
        """Change entries."""
        self._run("ldapmodify", ldif)

    def add_person(self, uid: str, password: str, *lines: str) -> None:
        """Add a person."""
        more = "\n".join(lines)
        self.add(
            f"dn: uid={uid},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\n"
            f"cn: {uid}\nsn: Lovelace\ngivenName: Ada\nmail: {uid}@example.org\n"
            f"userPassword: {password}\n{more}".rstrip()
            + "\n"
        )

    def _run(self, command: str, ldif: str) -> None:
        words = [command, "-x", "-H", self.uri, "-D", ROOT_DN, "-w", ROOT_PASSWORD]
        done = subprocess.run(words, input=ldif.encode(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()


@contextmanager
def slapd(folder: Path) -> Iterator[Slapd]:
    """Run a server until the end of the block."""
    (folder / "db").mkdir()
    _certificate(folder)
    values = {"folder": folder, "base": BASE, "root": ROOT_DN, "password": ROOT_PASSWORD}
    (folder / "slapd.conf").write_text(_CONF.format(**values))
    port, tls_port = free_port(), free_port()
    places = f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}"
    process = subprocess.Popen(
        ["/usr/sbin/slapd", "-f", str(folder / "slapd.conf"), "-h", places, "-d", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        server = Slapd(folder, port, tls_port, process)
        server.add(_LDIF)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _certificate(folder: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    moment = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - datetime.timedelta(days=1))
        .not_valid_after(moment + datetime.timedelta(days=30))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
