"""Struct types are safe for threads once they are made ready."""

import subprocess
import sys
from contextlib import ExitStack
from threading import Thread

import msgspec

from synnefo.kit import structs

MANY_THREADS = """
import sys, threading, msgspec
from synnefo.kit import structs

sys.setswitchinterval(1e-6)
for number in range(300):
    inner = msgspec.defstruct("Inner", [("a", dict[str, list[int]]), ("b", "str")])
    outer = msgspec.defstruct("Outer", [("x", inner), ("y", list[inner]), ("z", "str")])
    structs.ready_all() if number < 2 else msgspec.json.Decoder(outer)
    gate = threading.Barrier(4)

    def decode():
        gate.wait()
        msgspec.json.decode(b'{"x": {"a": {}, "b": ""}, "y": [], "z": ""}', type=outer)

    threads = [threading.Thread(target=decode) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
"""


class Known(msgspec.Struct):
    """One type that can be decoded."""

    name: str


class Odd(msgspec.Struct):
    """One that cannot."""

    one: ExitStack[None] | Thread


def test_types_for_no_wire_are_passed_over() -> None:
    assert structs.ready_all() > 0
    assert msgspec.json.decode(b'{"name": "a"}', type=Known) == Known("a")


def test_threads_may_decode_types_that_were_made_ready() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MANY_THREADS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
