"""`archipelago`: the volumes of one node. Spec: volumes 6.1."""

import os
import signal
import time
from pathlib import Path

import click

from synnefo.archipelago import control, serving
from synnefo.archipelago.cli.frame import CONTEXT, config_option, places_of, shelf_of, told
from synnefo.archipelago.collect import collect
from synnefo.archipelago.ext.install import install_provider
from synnefo.archipelago.faults import VolumeBusy
from synnefo.archipelago.nbd.server import Server
from synnefo.archipelago.settings import Places
from synnefo.archipelago.supervisor import Supervisor, supervisor_path
from synnefo.kit.logs import configure
from synnefo.kit.units import human_size

_STOP_SECONDS = 15.0
_COLOURS = {"running": "green", "not running": "red"}


@click.group(context_settings=CONTEXT)
@config_option
def main(config: str | None) -> None:
    """Keep the volumes of this node served."""


@main.command()
@click.option("--if-none", is_flag=True, help="Leave a supervisor that is running in its place.")
@click.pass_context
def supervise(context: click.Context, if_none: bool) -> None:
    """Serve what is attached, until SIGTERM. Servers that die are replaced.

    Takes over from a supervisor that is running. The servers go on when this ends; the next
    supervisor finds them.
    """
    configure("archipelago")
    places = places_of(context)
    with told("archipelago supervise failed"):
        if not if_none:
            _stop_supervisor(places)
        Supervisor(places).run()


@main.command()
@click.argument("name")
@click.option("--socket", "path", type=click.Path(path_type=Path), help="Where to listen.")
@click.pass_context
def serve(context: click.Context, name: str, path: Path | None) -> None:
    """Serve one volume in the foreground. Nobody restarts it."""
    configure("archipelago")
    with told("archipelago serve failed"):
        server = Server(shelf_of(context), name, path=path)
        click.echo(serving.nbd_uri(server.path))
        server.run()


@main.command()
@click.pass_context
def start(context: click.Context) -> None:
    """Start the supervisor in the background."""
    with told("archipelago start failed"):
        serving.ensure_supervisor(places_of(context))
    _show("supervisor", "running")


@main.command()
@click.option("-f", "--force", is_flag=True, help="Even with volumes mapped, which end too.")
@click.pass_context
def stop(context: click.Context, force: bool) -> None:
    """Stop the supervisor and, by force, every server."""
    places = places_of(context)
    with told("archipelago stop failed"):
        names = serving.served(places)
        if names and not force:
            raise VolumeBusy("Cannot stop archipelago. Mapped volumes exist")
        _stop_supervisor(places)
        for name in names:
            serving.detach(places, name, force=True)
    _show("supervisor", "not running")


@main.command()
@click.pass_context
def restart(context: click.Context) -> None:
    """Start a new supervisor. Volumes stay served meanwhile."""
    places = places_of(context)
    with told("archipelago restart failed"):
        _stop_supervisor(places)
        serving.ensure_supervisor(places)
    _show("supervisor", "running")


@main.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Tell what is served here. The exit code is 0 when all of it is alive."""
    places = places_of(context)
    pid = _supervisor_pid(places)
    names = serving.served(places)
    width = max(21, *(len(name) for name in names)) if names else 21
    _show("supervisor", "running" if pid else "not running", width=width)
    alive = bool(pid)
    for name in names:
        size = serving.served_size(places, name)
        alive = alive and size is not None
        _show(
            name, "not running" if size is None else "running", human_size(size or 0), width=width
        )
    raise SystemExit(0 if alive else 1)


@main.command()
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@click.pass_context
def gc(context: click.Context, dry_run: bool) -> None:
    """Remove private blocks that nothing names. Safe at any time."""
    with told("archipelago gc failed"):
        done = collect(shelf_of(context), dry_run=dry_run)
    verb = "Would remove" if dry_run else "Removed"
    click.echo(f"{verb} {done.blocks} blocks, {human_size(done.stored_bytes)}.")


@main.command("install-provider")
@click.argument("directory", type=click.Path(path_type=Path))
@click.pass_context
def install(context: click.Context, directory: Path) -> None:
    """Write the scripts of the storage provider. Ganeti and snf-solo call them."""
    places = places_of(context)
    with told("archipelago install-provider failed"):
        written = install_provider(directory, places.conf)
    click.echo(f"Wrote {len(written)} files to {directory}.")


def _show(what: str, state: str, more: str = "", *, width: int = 21) -> None:
    click.echo(f"{what:<{width}}  {click.style(state, fg=_COLOURS[state]):<23}{more}".rstrip())


def _supervisor_pid(places: Places) -> int | None:
    try:
        return int(control.ask(supervisor_path(places), "ping", timeout=5.0))
    except control.NotServed:
        return None


def _stop_supervisor(places: Places) -> None:
    """End the supervisor in order and wait until it is gone."""
    pid = _supervisor_pid(places)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _supervisor_pid(places) == pid and time.monotonic() < deadline:
        time.sleep(0.02)


if __name__ == "__main__":
    main()
