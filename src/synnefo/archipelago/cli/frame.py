"""What both commands share: the configuration, and how faults are told."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from synnefo.archipelago.faults import VolumeFault
from synnefo.archipelago.settings import Places, load
from synnefo.archipelago.shelf import Shelf, open_shelf
from synnefo.blocks.port import StoreFault

CONTEXT = {"help_option_names": ["-h", "--help"]}

config_option = click.option(
    "-c",
    "--config",
    envvar="ARCHIPELAGO_CONF",
    metavar="FILE",
    help="Configuration file; /etc/archipelago/archipelago.conf when nothing is said.",
)


@contextmanager
def told(failed: str) -> Iterator[None]:
    """Tell a fault in red, after the operation that failed, and end with code 1."""
    try:
        yield
    except (VolumeFault, StoreFault, OSError) as error:
        click.secho(f"{failed}: {error}", fg="red", err=True)
        raise SystemExit(1) from None


def places_of(context: click.Context) -> Places:
    """Read the configuration that the command line names."""
    with told("Cannot start"):
        places = load(context.find_root().params.get("config"))
    os.umask(places.umask)
    return places


def shelf_of(context: click.Context) -> Shelf:
    """Open the stores that the configuration names."""
    with told("Cannot open the stores"):
        return open_shelf(places_of(context))
