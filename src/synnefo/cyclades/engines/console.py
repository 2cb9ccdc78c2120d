"""Registers tickets at the console gateway of this host. Spec: images-and-nodes 5."""

import socket
from collections.abc import Mapping
from pathlib import Path

import msgspec

from synnefo.cyclades.domain.instances import VncPoint
from synnefo.cyclades.engines.compute import EngineRefused, EngineUnreachable


class _Answer(msgspec.Struct):
    status: str
    reason: str = ""
    source_port: int = 0
    proxy_address: str = ""


def register(gateway: Path, token: str, point: VncPoint, *, server: str, lifetime: int) -> None:
    """Let whoever holds the token see a screen, once, for some seconds."""
    _ask(
        gateway,
        {
            "op": "register",
            "token": token,
            "target": _target(point),
            "server": server,
            "lifetime": lifetime,
        },
    )


def forward(gateway: Path, password: str, point: VncPoint, *, server: str) -> tuple[str, int]:
    """Open a port for one plain VNC client who knows the password; answer host and port."""
    wish = {"op": "forward", "password": password, "target": _target(point), "server": server}
    answer = _ask(gateway, wish)
    return answer.proxy_address, answer.source_port


def _target(point: VncPoint) -> str:
    return f"unix:{point.socket}" if point.socket else f"{point.host}:{point.port}"


def _ask(gateway: Path, wish: Mapping[str, object]) -> _Answer:
    answer = _talk(gateway, wish)
    if answer.status != "OK":
        raise EngineRefused(f"The console gateway refuses: {answer.reason}")
    return answer


def _talk(gateway: Path, wish: Mapping[str, object]) -> _Answer:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(5.0)
            line.connect(str(gateway))
            line.sendall(msgspec.json.encode(wish) + b"\n")
            return msgspec.json.decode(_read_line(line), type=_Answer)
    except (OSError, msgspec.DecodeError) as error:
        raise EngineUnreachable(f"The console gateway does not answer: {error}") from error


def _read_line(line: socket.socket) -> bytes:
    told = b""
    while not told.endswith(b"\n"):
        piece = line.recv(65536)
        if not piece:
            break
        told += piece
    return told
