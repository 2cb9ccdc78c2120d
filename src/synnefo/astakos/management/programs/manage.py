"""Runs of `snf-manage` for the programs of this folder."""

import subprocess
import sys
from pathlib import Path


def run(*arguments: str, given: str = "") -> str:
    """Run one command and answer what it prints; leaves with its message when it fails."""
    program = Path(sys.argv[0]).resolve().with_name("snf-manage")
    if not program.exists():
        program = Path(sys.executable).with_name("snf-manage")
    done = subprocess.run(
        [str(program), *arguments],
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout
