"""Scripts that change what is stored."""

import contextlib
import os

from synnefo.archipelago import operations, serving
from synnefo.archipelago.ext.environment import Script, mebibytes, required, run
from synnefo.archipelago.faults import VolumeBusy, VolumeFault, VolumeMissing
from synnefo.archipelago.settings import Places, socket_path
from synnefo.archipelago.shelf import Shelf, open_shelf
from synnefo.blocks.port import StoreFault


def _create(places: Places, name: str) -> None:
    """Make a volume: of zeros, or from the map or snapshot that EXTP_ORIGIN names."""
    shelf = open_shelf(places)
    size = mebibytes("VOL_SIZE")
    if os.environ.get("EXTP_REUSE_DATA", "").lower() == "true":
        _take_up(shelf, name, size)
        return
    origin = os.environ.get("EXTP_ORIGIN", "")
    if origin:
        operations.clone(shelf, name, origin, size=size, origin_size=_origin_size())
    else:
        operations.create(shelf, name, size)


def _take_up(shelf: Shelf, name: str, size: int) -> None:
    """Give a volume that was kept under the name of its disk the name that it has while in use."""
    kept = os.environ.get("VOL_CNAME", "")
    if not operations.exists(shelf, name):
        operations.rename(shelf, kept or name, name)
    if operations.info(shelf, name).size < size:
        operations.grow(shelf, name, size)


def _origin_size() -> int | None:
    text = os.environ.get("EXTP_ORIGIN_SIZE") or "-1"
    try:
        size = int(text)
    except ValueError:
        raise VolumeFault(f"EXTP_ORIGIN_SIZE is no number: {text}") from None
    return None if size < 0 else size


def _remove(places: Places, name: str) -> None:
    """Remove a volume; one that is gone already is no fault, for the caller may be retrying.

    With EXTP_REUSE_DATA=keep its data stays, under the name of the disk. Labs: ganeti 3.4.
    """
    if name in serving.served(places):
        path = socket_path(places, name, "sock")
        raise VolumeBusy(f"Volume {name} mapped on device {path}")
    with contextlib.suppress(VolumeMissing):
        if os.environ.get("EXTP_REUSE_DATA", "").lower() == "keep":
            operations.rename(open_shelf(places), name, required("VOL_CNAME"))
        else:
            operations.remove(open_shelf(places), name)


def _grow(places: Places, name: str) -> None:
    size = mebibytes("VOL_NEW_SIZE")
    if not serving.ask_server(places, name, "grow", str(size)):
        operations.grow(open_shelf(places), name, size)


def _snapshot(places: Places, name: str) -> None:
    snapshot_name = required("VOL_SNAPSHOT_NAME")
    if not serving.ask_server(places, name, "snapshot", snapshot_name):
        operations.snapshot(open_shelf(places), name, snapshot_name)


SCRIPTS: dict[str, Script] = {
    "create": _create,
    "remove": _remove,
    "grow": _grow,
    "snapshot": _snapshot,
}


def main(verb: str, conf: str | None = None) -> int:
    """Run one script."""
    return run(SCRIPTS[verb], conf, faults=(StoreFault,))
