"""Scripts that make a volume reachable, and those that have nothing to do."""

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


def _nothing(_places: Places, _name: str) -> None:
    """Accept; the server took the volume when it was attached."""


SCRIPTS: dict[str, Script] = {
    "attach": _attach,
    "detach": _detach,
    "open": _nothing,
    "close": _nothing,
    "setinfo": _nothing,
}


def main(verb: str, conf: str | None = None) -> int:
    """Run one script."""
    return 0 if verb == "verify" else run(SCRIPTS[verb], conf)
