"""The command that builds the demonstration image."""

import os
import time
from pathlib import Path

import click

from synnefo.kit.units import human_size
from synnefo.node.demo_image.build import build
from synnefo.node.demo_image.tools import BuildFailed


@click.command("demo-image")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default="demo.img",
    show_default=True, help="Where to write the image.",
)  # fmt: skip
@click.option(
    "--cache", type=click.Path(file_okay=False, path_type=Path), default=None,
    help="Where to keep the packages it is made of.",
)  # fmt: skip
def command(output: Path, cache: Path | None) -> None:
    """Build a small bootable disk image. Made of Debian's packages; needs no root."""
    begun = time.monotonic()
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        build(output.resolve(), cache or default_cache())
    except BuildFailed as failure:
        raise click.ClickException(str(failure)) from failure
    size = human_size(output.stat().st_size)
    click.echo(f"{output}: {size}, built in {time.monotonic() - begun:.1f} s")


def default_cache() -> Path:
    """Answer the folder of this user for things that can be fetched again."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root, "synnefo", "packages")
