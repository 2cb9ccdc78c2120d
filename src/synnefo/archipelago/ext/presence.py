"""Scripts that make a volume reachable, and those that have nothing to do."""

import os
import sys

from synnefo.archipelago import serving
from synnefo.archipelago.ext.environment import Script, run
from synnefo.archipelago.settings import Places

_HYPERVISORS = ("kvm", "fake")


def _attach(places: Places, name: str) -> None:
    """Say where the volume is: no block device, then an address for each hypervisor."""
    uri = serving.nbd_uri(serving.attach(places, name))
    sys.stdout.write("\n" + "".join(f"{kind}:{uri}\n" for kind in _HYPERVISORS))


def _detach(places: Places, name: str) -> None:
    serving.detach(places, name)


def _open(places: Places, name: str) -> None:
    """Take the volume for this node, or share it while its machine migrates."""
    is_shared = os.environ.get("VOL_OPEN_EXCLUSIVE", "True").lower() == "false"
    serving.ask_server(places, name, "open", "shared" if is_shared else "exclusive")


def _close(places: Places, name: str) -> None:
    """Leave the volume to whichever node opens it next."""
    serving.ask_server(places, name, "close")


def _nothing(_places: Places, _name: str) -> None:
    """Accept; a volume keeps no notes."""


SCRIPTS: dict[str, Script] = {
    "attach": _attach,
    "detach": _detach,
    "open": _open,
    "close": _close,
    "setinfo": _nothing,
}


def main(verb: str, conf: str | None = None) -> int:
    """Run one script."""
    return 0 if verb == "verify" else run(SCRIPTS[verb], conf)
