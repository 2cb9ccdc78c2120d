"""Asking the process that serves a volume: one line there, one line back.

Request: `VERB ARGUMENT\\n`. Answer: `ok TEXT\\n`, or `no TEXT\\n` with a sentence for a person.
"""

import os
import socket
from pathlib import Path

from synnefo.archipelago.faults import VolumeFault

_LINE = 4096
_ASK_SECONDS = 60.0


class NotServed(Exception):
    """Nobody listens there."""


def ask(path: Path, verb: str, argument: str = "", *, timeout: float = _ASK_SECONDS) -> str:
    """Send a request and return the text of the answer; a refusal is a VolumeFault."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as peer:
        peer.settimeout(timeout)
        try:
            peer.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            raise NotServed from None
        try:
            peer.sendall(f"{verb} {argument}\n".encode())
            line = read_line(peer)
        except TimeoutError:
            raise VolumeFault(f"No answer to {verb} within {timeout:.0f} seconds.") from None
        except ConnectionError:
            raise NotServed from None
    verdict, _, text = line.partition(" ")
    if verdict == "ok":
        return text
    raise VolumeFault(text or f"The server went away while it was asked to {verb}.")


def read_line(peer: socket.socket) -> str:
    """Read one line, without its end; less when the other side hangs up."""
    data = b""
    while not data.endswith(b"\n") and len(data) < _LINE:
        piece = peer.recv(_LINE)
        if not piece:
            break
        data += piece
    return data.decode(errors="replace").rstrip("\n")
