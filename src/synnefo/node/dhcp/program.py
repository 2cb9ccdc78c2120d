"""The program nfdhcpd. Spec: images-and-nodes 4.1."""

import contextlib
import fcntl
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from synnefo.kit import logs
from synnefo.node.dhcp import rights, settings
from synnefo.node.dhcp.daemon import Daemon
from synnefo.node.dhcp.settings import Config, ConfigError


@click.command("nfdhcpd")
@click.option(
    "-c", "--config", "file", default=settings.DEFAULT_FILE, show_default=True,
    type=click.Path(path_type=Path), help="Configuration file.",
)  # fmt: skip
@click.option("-d", "--debug", is_flag=True, help="Log more.")
@click.option("-f", "--foreground", is_flag=True, help="Stay in the foreground.")
@click.version_option(package_name="snf-node")
def command(file: Path, debug: bool, foreground: bool) -> None:
    """Answer the guests of this node about their addresses."""
    try:
        config = settings.read(file)
    except ConfigError as error:
        click.echo(f"nfdhcpd: {error}", err=True)
        sys.exit(error.code)
    if not foreground:
        _detach()
    _open_log(config, debug=debug, foreground=foreground)
    with _only_one(config.pidfile):
        _serve(config)


def _serve(config: Config) -> None:
    daemon = Daemon(config)
    signal.signal(signal.SIGUSR1, lambda *_args: daemon.dump())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: daemon.end())
    rights.shed(config.user)
    daemon.run()


def _detach() -> None:
    """Go to the background, as a daemon of old."""
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def _open_log(config: Config, *, debug: bool, foreground: bool) -> None:
    logs.configure("nfdhcpd")
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    if foreground:
        return
    config.logdir.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(config.logdir / "nfdhcpd.log")
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(message)s"))
    root.addHandler(handler)


class _Lines(logging.Formatter):
    """Writes an event with its facts as one line of text."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """Put the facts behind the event."""
        if isinstance(record.msg, dict):
            hidden = {"event", "level", "logger", "timestamp"}
            facts = [f"{k}={v}" for k, v in record.msg.items() if k not in hidden and k[0] != "_"]
            record.message = " ".join([str(record.msg.get("event", "")), *facts])
        return super().formatMessage(record)


@contextlib.contextmanager
def _only_one(pidfile: Path) -> Iterator[None]:
    """Hold the pid file; one that a dead process left is taken over."""
    pidfile.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(pidfile, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        click.echo("nfdhcpd: it runs already.", err=True)
        sys.exit(1)
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            pidfile.unlink(missing_ok=True)
        os.close(handle)
