"""`synnefo`: start, look at, stop and remove a cloud on this machine."""

import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click

from synnefo.kit.units import human_size
from synnefo.webproject.up import running, supervise
from synnefo.webproject.up.folder import Folder, default_root

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=default_root,
    help="Data folder.  [default: $XDG_DATA_HOME/synnefo]",
)

_ELSEWHERE = {"demo-image": "synnefo.node.demo_image", "image-fetch": "synnefo.node.image_fetch"}


class Commands(click.Group):
    """Loads what belongs to images only when it is asked for: the cloud's keeper stays small."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands."""
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        command: click.Command = importlib.import_module(_ELSEWHERE[cmd_name]).command
        return command


_NOTHING = "No cloud runs here."


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run a whole Synnefo cloud on this machine."""


@main.command()
@DATA
@click.option("--listen", metavar="ADDR:PORT", help="Where to listen.  [default: 127.0.0.1:8000]")
@click.option("--public-url", default="", help="Address that clients use, behind a proxy.")
@click.option("--foreground/--background", default=True, help="Stay here, or come back when up.")
@click.option("--demo/--no-demo", default=True, help="Make the demonstration user and image.")
@click.option("--stop-vms", is_flag=True, help="When stopped by Ctrl-C, stop machines, too.")
def up(
    *,
    data: Path,
    listen: str | None,
    public_url: str,
    foreground: bool,
    demo: bool,
    stop_vms: bool,
) -> None:
    """Start the cloud, or say where it runs already."""
    folder = Folder(data)
    if folder.too_long_by:
        raise click.ClickException(
            f"The path {folder.root} is {folder.too_long_by} characters too long for sockets. "
            "Choose a shorter one with --data."
        )
    pid = supervise.holder(folder.pid_file)
    if pid is not None:
        place = folder.place()
        click.echo(f"The cloud runs already at {place.url if place else '?'} (process {pid}).")
        return
    wishes = running.Wishes(listen=listen, public_url=public_url, demo=demo, stop_vms=stop_vms)
    if foreground:
        sys.exit(running.run(folder, wishes))
    sys.exit(_in_background(folder, sys.argv[1:]))


def _in_background(folder: Folder, arguments: list[str]) -> int:
    """Start another `synnefo up` that stays, show what it says until the cloud is healthy."""
    folder.make()
    (folder.run / "healthy").unlink(missing_ok=True)
    told = folder.log / "up.log"
    told.write_bytes(b"")
    wanted = [a for a in arguments if a != "--background"] + ["--foreground"]
    with told.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "synnefo.webproject.up.command", *wanted],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with told.open() as text:
        while True:
            click.echo(text.read(), nl=False)
            if (folder.run / "healthy").exists():
                time.sleep(0.1)
                click.echo(text.read(), nl=False)
                return 0
            if process.poll() is not None:
                click.echo(text.read(), nl=False)
                return process.returncode or 1
            time.sleep(0.1)


@main.command()
@DATA
def status(data: Path) -> None:
    """Tell where the cloud runs and whether it is well.

    Lists its processes and the memory that they hold; the exit code is 0 when it is healthy.
    """
    folder = Folder(data)
    pid = supervise.holder(folder.pid_file)
    place = folder.place()
    if pid is None or place is None:
        click.echo(f"No cloud runs in {folder.root}. Start it with `synnefo up`.")
        sys.exit(1)
    well = running.is_healthy(place)
    click.echo(
        f"{place.url}/  {'healthy' if well else 'not healthy: look into ' + str(folder.log)}"
    )
    total = 0
    for name, process in [("up", pid), *running.processes(folder)]:
        size = supervise.resident(process)
        if name != "up":
            size += sum(supervise.resident(child) for child in supervise.children(process))
        total += size
        click.echo(f"  {name:<14} process {process:<8} {human_size(size):>10}")
    click.echo(f"  {'together':<31} {human_size(total):>10}")
    sys.exit(0 if well else 1)


@main.command()
@DATA
@click.option("--stop-vms", is_flag=True, help="Stop the machines, too.")
def down(data: Path, *, stop_vms: bool) -> None:
    """Stop the cloud. Machines keep running unless told otherwise."""
    folder = Folder(data)
    pid = supervise.holder(folder.pid_file)
    if pid is None:
        orphans = supervise.end_orphans(folder.run, folder.conf)
        click.echo(f"Ended what was left: {', '.join(orphans)}." if orphans else _NOTHING)
    else:
        os.kill(pid, signal.SIGUSR1 if stop_vms else signal.SIGTERM)
        deadline = time.monotonic() + 90
        while supervise.holder(folder.pid_file) is not None and time.monotonic() < deadline:
            time.sleep(0.1)
        click.echo("The cloud is stopped.")
    if pid is None and stop_vms:
        running.stop_machines(folder)


@main.command()
@DATA
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(data: Path, *, yes: bool) -> None:
    """Remove the cloud with all its data.

    Machines, volumes, files, users: everything in the data folder, for good.
    """
    folder = Folder(data)
    if not folder.place_file.exists():
        click.echo(f"There is no cloud in {folder.root}.")
        return
    if not yes:
        click.confirm(f"Remove the cloud in {folder.root} with all its data for good?", abort=True)
    pid = supervise.holder(folder.pid_file)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        while supervise.holder(folder.pid_file) is not None:
            time.sleep(0.1)
    running.tear_down(folder)
    mounts = [path for path in (folder.root, *folder.root.iterdir()) if path.is_mount()]
    shutil.rmtree(folder.root, ignore_errors=bool(mounts))
    click.echo("The cloud is removed.")
    for mount in mounts:
        click.echo(f"{mount} is a mounted disk: it is empty now and stays mounted.")


if __name__ == "__main__":
    main()
