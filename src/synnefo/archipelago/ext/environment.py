"""What the caller of a provider script says, by environment only."""

import os
import sys
from collections.abc import Callable

from synnefo.archipelago.faults import VolumeFault
from synnefo.archipelago.settings import Places, load

MIB = 1024 * 1024

Script = Callable[[Places, str], None]
Faults = tuple[type[Exception], ...]


def required(variable: str) -> str:
    """Read a variable that must be there."""
    value = os.environ.get(variable, "")
    if not value:
        raise VolumeFault(f"The environment variable {variable} is missing.")
    return value


def mebibytes(variable: str) -> int:
    """Read a size in MiB; return bytes."""
    text = required(variable)
    try:
        return int(float(text)) * MIB
    except ValueError:
        raise VolumeFault(f"The environment variable {variable} is no number: {text}") from None


def run(script: Script, conf: str | None, *, faults: Faults = ()) -> int:
    """Do what one script does; the exit code is 0, or 1 with a sentence on stderr.

    `faults` are those that the script may raise besides its own.
    """
    caught: Faults = (VolumeFault, OSError, *faults)
    try:
        name = required("VOL_NAME")
        places = load(conf)
        os.umask(places.umask)
        script(places, name)
    except caught as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
