"""`pithos-manage-accounts COMMAND`: the command of `snf-manage` under its own name.

Spec: object-storage 19.2, operations 6.4.
"""

import os
import sys
from pathlib import Path


def main() -> None:
    """Become `snf-manage pithos-manage-accounts`, with the same words behind."""
    program = Path(sys.argv[0]).resolve().with_name("snf-manage")
    if not program.exists():
        program = Path(sys.executable).with_name("snf-manage")
    cloud, words = _split(sys.argv[1:])
    command = ["pithos-manage-accounts", *(words or ["--help"])]
    os.execv(program, [str(program), *cloud, *command])  # noqa: S606 - our own program


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Part `--data DIR`, which names the cloud, from the words of the command."""
    at = 2 if arguments[:1] == ["--data"] else 0
    return arguments[:at], arguments[at:]


if __name__ == "__main__":
    main()
