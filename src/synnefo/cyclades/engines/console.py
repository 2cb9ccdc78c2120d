"""Registers tickets at the console gateway of this host. Spec: images-and-nodes 5."""

import socket
from pathlib import Path

import msgspec

from synnefo.cyclades.domain.instances import VncPoint
from synnefo.cyclades.engines.compute import EngineRefused, EngineUnreachable


class _Answer(msgspec.Struct):
    status: str
    reason: str = ""


def register(gateway: Path, token: str, point: VncPoint, *, server: str, lifetime: int) -> None:
    """Let whoever holds the token see a screen, once, for some seconds."""
    target = f"unix:{point.socket}" if point.socket else f"{point.host}:{point.port}"
    wish = {
        "op": "register",
        "token": token,
        "target": target,
        "server": server,
        "lifetime": lifetime,
    }
    answer = _ask(gateway, wish)
    if answer.status != "OK":
        raise EngineRefused(f"The console gateway refuses: {answer.reason}")


def _ask(gateway: Path, wish: dict[str, object]) -> _Answer:
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
