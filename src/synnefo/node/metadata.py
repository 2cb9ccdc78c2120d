"""The metadata service at 169.254.169.254. Spec: openstack-api 6.5.

A guest is known by the address it asks from, on the bridge that it asks through; the packet rules
of its network keep it from lying about both. It is shown the documents of its config drive, so
both always say the same.
"""

import ctypes
import os
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import msgspec

from synnefo.kit import logs
from synnefo.kit.logs import get_logger
from synnefo.node import config_drive
from synnefo.node.guest_config import VERSIONS

log = get_logger(__name__)

PORT = 80
MOST, MOST_OF_ONE = 256, 32
"""Connections that are served at once: in all, and of one guest."""
Documents = Mapping[str, bytes]
Lookup = Callable[[str], Documents | None]
"""From the address of a guest to its documents."""

_EC2_VERSION = re.compile(r"^(latest|1\.0|\d{4}-\d{2}-\d{2})$")
_CLONE_NEWNET = 0x40000000


def answer(documents: Documents, path: str) -> bytes | None:
    """Find what a path of the service shows; None when it shows nothing."""
    parts = [part for part in path.split("/") if part]
    if not parts:
        return _listing(["latest", "openstack"])
    if parts[0] == "openstack":
        return _openstack(documents, parts[1:])
    if not _EC2_VERSION.match(parts[0]):
        return None
    if len(parts) == 1:
        has_user_data = "ec2/latest/user-data" in documents
        return _listing(["meta-data/", *(["user-data"] if has_user_data else [])])
    if parts[1:] == ["user-data"]:
        return documents.get("ec2/latest/user-data")
    if parts[1] == "meta-data":
        return _meta_data(documents, parts[2:])
    return None


def _openstack(documents: Documents, parts: list[str]) -> bytes | None:
    if not parts:
        return _listing([version for version in VERSIONS if version != "latest"] + ["latest"])
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", parts[0]) and parts[0] not in VERSIONS:
        parts = ["latest", *parts[1:]]
    prefix = "/".join(["openstack", *parts])
    if prefix in documents:
        return documents[prefix]
    below = [
        path.removeprefix(f"{prefix}/") for path in documents if path.startswith(f"{prefix}/")
    ]
    return _listing(sorted(below)) if below else None


def _meta_data(documents: Documents, parts: list[str]) -> bytes | None:
    found: object = msgspec.json.decode(documents.get("ec2/latest/meta-data.json", b"{}"))
    for part in parts:
        if not isinstance(found, dict):
            return None
        found = found.get(part, _numbered(found, part))
    if found is None:
        return None
    if not isinstance(found, dict):
        return str(found).encode()
    return _listing([_entry(name, inside) for name, inside in found.items()])


def _numbered(keys: dict[str, object], number: str) -> object:
    """Find the key `0=name` by its number, as EC2 clients ask."""
    return next((inside for name, inside in keys.items() if name.startswith(f"{number}=")), None)


def _entry(name: str, inside: object) -> str:
    return f"{name}/" if isinstance(inside, dict) and "=" not in name else name


def _listing(names: list[str]) -> bytes:
    return "\n".join(names).encode()


class _Binding(msgspec.Struct, frozen=True):
    """What the cluster tells of a plugged NIC."""

    instance: str
    ip: str | None = None
    bridge: str | None = None


class Guests:
    """The guests of one cluster, found by its bindings; documents come from config drives."""

    def __init__(self, bindings: Path, instances: Path) -> None:
        self._bindings = bindings
        self._instances = instances
        self._kept: dict[str, tuple[int, Documents]] = {}

    def on(self, bridge: str) -> Lookup:
        """Look up guests of one bridge only; addresses may repeat on another."""
        return lambda address: self.find(address, bridge)

    def find(self, address: str, bridge: str = "") -> Documents | None:
        """Answer the documents of who has this address."""
        for path in self._bindings.glob("*.json"):
            binding = _read_binding(path)
            if binding and binding.ip == address and bridge in {"", binding.bridge}:
                return self._documents(binding.instance)
        return None

    def _documents(self, instance: str) -> Documents | None:
        drive = self._instances / instance / "config.iso"
        try:
            stamp = drive.stat().st_mtime_ns
            kept = self._kept.get(instance)
            if kept is None or kept[0] != stamp:
                self._kept = dict(list(self._kept.items())[-64:])
                kept = self._kept[instance] = (stamp, config_drive.read(drive))
        except OSError:
            return None
        return kept[1]


def _read_binding(path: Path) -> _Binding | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Binding)
    except (OSError, msgspec.MsgspecError):
        return None


class _Handler(BaseHTTPRequestHandler):
    """One request of a guest."""

    server: "MetadataServer"
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        """Show a document."""
        documents = self.server.lookup(self.client_address[0])
        body = None
        if documents is not None:
            body = answer(documents, unquote(urlsplit(self.path).path))
        self._send(404 if body is None else 200, b"Not found\n" if body is None else body)

    def do_HEAD(self) -> None:
        """Show the head of a document."""
        self.do_GET()

    def _send(self, status: int, body: bytes) -> None:
        is_json = self.path.partition("?")[0].endswith(".json") and status == 200
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if is_json else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the requests of guests out of the log of the cloud."""


class MetadataServer(ThreadingHTTPServer):
    """A listener with its way to find guests."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, lookup: Lookup) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.lookup = lookup
        self._guard = threading.Lock()
        self._open: Counter[str] = Counter()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Turn a guest away that holds too many connections: each costs the cluster a thread."""
        del request
        with self._guard:
            crowded = self._open.total() >= MOST or self._open[client_address[0]] >= MOST_OF_ONE
            if not crowded:
                self._open[client_address[0]] += 1
        return not crowded

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end, then let its guest have another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._open[client_address[0]] -= 1
                self._open += Counter()

    def close(self) -> None:
        """Stop answering."""
        self.shutdown()
        self.server_close()


def serve(listener: socket.socket, lookup: Lookup) -> MetadataServer:
    """Answer guests from a thread of its own until `close`."""
    server = MetadataServer(listener, lookup)
    threading.Thread(target=server.serve_forever, name="metadata", daemon=True).start()
    return server


def listen(address: str, port: int = PORT, *, device: str = "") -> socket.socket:
    """Listen on an address, on one device only if it is named."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if device:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")
    listener.bind((address, port))
    listener.listen(64)
    return listener


def listen_inside(
    namespace: str, address: str, port: int = PORT, *, device: str = ""
) -> socket.socket:
    """Listen inside a named network namespace; this process itself stays where it is."""
    made: list[socket.socket | OSError] = []

    def work() -> None:
        try:
            _enter(Path("/run/netns", namespace))
            made.append(listen(address, port, device=device))
        except OSError as error:
            made.append(error)

    # A thread that enters a namespace never comes back from it, so it is one for this alone.
    visitor = threading.Thread(target=work, name="netns")
    visitor.start()
    visitor.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def _enter(namespace: Path) -> None:
    """Move the calling thread into a network namespace."""
    library = ctypes.CDLL(None, use_errno=True)
    handle = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if library.setns(handle, _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(namespace))
    finally:
        os.close(handle)


@click.command("snf-metadata")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The data folder.")
@click.option("--listen", "listen_on", default="169.254.169.254:80", show_default=True)
@click.option("--namespace", default="", help="Listen inside this network namespace.")
def command(data: Path, listen_on: str, namespace: str) -> None:
    """Tell guests about themselves."""
    logs.configure("snf-metadata")
    host, _, port = listen_on.rpartition(":")
    listener = listen_inside(namespace, host, int(port)) if namespace else listen(host, int(port))
    guests = Guests(data / "solo" / "bindings", data / "solo" / "vm")
    log.info("metadata service ready", listen=listen_on)
    MetadataServer(listener, guests.find).serve_forever()
