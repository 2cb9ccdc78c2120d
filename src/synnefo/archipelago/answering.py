"""The serving side of `control`."""

import socket
from collections.abc import Callable, Mapping

from synnefo.archipelago.control import read_line
from synnefo.archipelago.faults import VolumeFault
from synnefo.blocks.port import StoreFault

_ANSWER_SECONDS = 5.0


def answer(peer: socket.socket, actions: Mapping[str, Callable[[str], str]]) -> None:
    """Read one request, do it, answer it, hang up."""
    with peer:
        peer.settimeout(_ANSWER_SECONDS)
        try:
            verb, _, argument = read_line(peer).partition(" ")
            peer.sendall(_carry_out(actions, verb, argument).encode())
        except (TimeoutError, ConnectionError):
            return


def _carry_out(actions: Mapping[str, Callable[[str], str]], verb: str, argument: str) -> str:
    action = actions.get(verb)
    if action is None:
        return f"no This server does not know how to {verb}.\n"
    try:
        return f"ok {action(argument)}\n"
    except (VolumeFault, StoreFault, OSError, ValueError) as error:
        sentence = " ".join(str(error).split())
        return f"no {sentence}\n"
