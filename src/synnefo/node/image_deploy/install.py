"""Commands of a node: install the OS definition, build the helper."""

import sys
from pathlib import Path

import click

from synnefo.kit.units import human_size
from synnefo.node.demo_image.build_command import default_cache
from synnefo.node.demo_image.tools import BuildFailed
from synnefo.node.image_deploy import helper_build
from synnefo.node.image_deploy.failures import DeployFailed
from synnefo.node.image_deploy.orders import PARAMETERS
from synnefo.node.image_deploy.program import SCRIPTS
from synnefo.node.image_deploy.settings import load

DEFINITION = "/usr/share/ganeti/os/snf-image"
_SCRIPT = """\
#!{python} -Is
import sys

sys.path.insert(0, {source!r})

from synnefo.node.image_deploy.program import main

sys.exit(main({verb!r}))
"""


def write_definition(folder: Path) -> None:
    """Write the scripts and lists that Ganeti looks for; they find this installation."""
    folder.mkdir(parents=True, exist_ok=True)
    source = str(Path(__file__).parents[3])
    for verb in SCRIPTS:
        text = _SCRIPT.format(python=sys.executable, source=source, verb=verb)
        (folder / verb).write_text(text, encoding="utf-8")
        (folder / verb).chmod(0o755)
    listed = "".join(f"{name} {meaning}\n" for name, meaning in PARAMETERS.items())
    (folder / "parameters.list").write_text(listed, encoding="utf-8")
    (folder / "variants.list").write_text("default\n", encoding="ascii")
    (folder / "ganeti_api_version").write_text("20\n", encoding="ascii")


@click.command("snf-image-install")
@click.argument("folder", type=click.Path(path_type=Path), default=DEFINITION)
def install_command(folder: Path) -> None:
    """Write Ganeti's OS definition `snf-image`. Every node needs it."""
    try:
        write_definition(folder)
    except OSError as error:
        raise click.ClickException(f"The OS definition cannot be written: {error}") from None
    click.echo(f"Wrote the OS definition to {folder}.")


@click.command("snf-image-update-helper")
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), default=None,
              help="Where to keep the packages it is made of.")  # fmt: skip
@click.option("--force", is_flag=True, help="Build it even if it is up to date.")
def helper_command(cache: Path | None, force: bool) -> None:
    """Build the helper that images are deployed in. Made of Debian's packages; needs no root."""
    try:
        folder = Path(load().helper_dir)
        if not force and helper_build.is_current(folder):
            click.echo(f"The helper in {folder} is up to date.")
            return
        helper_build.build(folder, cache or default_cache())
    except (BuildFailed, DeployFailed, OSError) as error:
        raise click.ClickException(str(error)) from None
    size = sum((folder / name).stat().st_size for name in helper_build.PARTS)
    click.echo(f"Built the helper in {folder}: {human_size(size)}.")
