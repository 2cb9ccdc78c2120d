"""One run of a cloud: prepare, start, wait until healthy, keep, stop in order."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from synnefo.webproject.up import configure, programs, supervise
from synnefo.webproject.up.folder import Folder, Place
from synnefo.webproject.up.steps import step, tell

HEALTHY_SECONDS = 60.0
WITHOUT_ROOT = (
    "Without root, machines cannot be bridged: they reach out through QEMU, do not see each\n"
    "other, and are reached by SSH through a port of this host, which their pages show.\n"
)


class Wishes(msgspec.Struct, frozen=True):
    """What the person who starts a cloud asked for."""

    listen: str | None = None
    public_url: str = ""
    demo: bool = True
    stop_vms: bool = False


class NotStartedError(Exception):
    """The cloud cannot be started; the message says why and where to look."""


def run(folder: Folder, wishes: Wishes) -> int:
    """Start a cloud, keep it until told to stop, stop it in order. Answers the exit code."""
    folder.make()
    held = supervise.hold(folder.pid_file)
    if held is None:
        tell(f"Another process starts or runs the cloud in {folder.root} already.")
        return 1
    healthy = folder.run / "healthy"
    healthy.unlink(missing_ok=True)
    for old in folder.metrics.iterdir():
        old.unlink()
    keeper = supervise.Supervisor(folder.run, folder.log, folder.environment())
    stop_machines_too = _listen_for_signals(keeper, wishes)
    try:
        place = _start(folder, wishes, keeper)
        healthy.touch()
        _welcome(folder, place)
        keeper.watch()
    except NotStartedError as error:
        tell(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        keeper.stopping.set()  # from here on a signal must not cut the stopping short
        healthy.unlink(missing_ok=True)
        _stop(folder, keeper, stop_vms=stop_machines_too[0])
        folder.pid_file.unlink(missing_ok=True)
        held.close()
    return 0


def _listen_for_signals(keeper: supervise.Supervisor, wishes: Wishes) -> list[bool]:
    stop_machines_too = [wishes.stop_vms]

    def interrupt(number: int, _frame: object) -> None:
        if number == signal.SIGUSR1:
            stop_machines_too[0] = True
        starting = not keeper.stopping.is_set()
        keeper.stopping.set()
        if starting and not keeper.watching:
            raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, interrupt)
    return stop_machines_too


def _start(folder: Folder, wishes: Wishes, keeper: supervise.Supervisor) -> Place:
    tell(f"Synnefo, data in {folder.root}")
    if orphans := supervise.end_orphans(folder.run, folder.conf):
        tell(f"  The cloud was killed the last time; ended what was left: {', '.join(orphans)}.")
    with step("Choosing where to listen") as said:
        place, why = folder.settle(wishes.listen, wishes.public_url)
        said.note = place.url + (f" ({why})" if why else "")
        configure.write(folder, place)
    prepare(folder, "before", wishes)
    with step("Starting the cluster"):
        _install_provider(folder)
        for program in programs.cluster(folder, place):
            keeper.start(program)
    with step("Starting the web server"):
        keeper.start(programs.web(place))
        _wait_healthy(folder, place, keeper)
    with step("Starting what works behind it"):
        for program in programs.background():
            keeper.start(program)
    prepare(folder, "after", wishes)
    return place


def _install_provider(folder: Folder) -> None:
    """Write the scripts by which the cluster uses volumes."""
    where = folder.solo / "extstorage" / "archipelago"
    where.parent.mkdir(exist_ok=True)
    subprocess.run(
        [programs.program("archipelago"), "install-provider", str(where)],
        check=True,
        stdout=subprocess.DEVNULL,
        env=folder.environment(),
    )


def prepare(folder: Folder, part: str, wishes: Wishes) -> None:
    """Run one part of the set-up in a process of its own, so that this one stays small."""
    command = [sys.executable, "-m", "synnefo.webproject.up.prepare", part, str(folder.root)]
    if wishes.demo:
        command.append("--demo")
    with (folder.log / "prepare.log").open("ab") as out:
        code = subprocess.run(
            command, check=False, env=folder.environment(), stderr=out
        ).returncode
    if code:
        raise NotStartedError(_why("The set-up failed", folder.log / "prepare.log"))


def _wait_healthy(folder: Folder, place: Place, keeper: supervise.Supervisor) -> None:
    deadline = time.monotonic() + HEALTHY_SECONDS
    while not is_healthy(place):
        if not keeper.alive(["web"]):
            raise NotStartedError(_why("The web server ended", folder.log / "web.log"))
        if time.monotonic() > deadline:
            raise NotStartedError(f"The cloud is not healthy. Look into {folder.log}.")
        time.sleep(0.05)


def _why(what: str, log: Path) -> str:
    """Tell what happened, the last thing that was said, and where the rest is."""
    said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"{what}: {said[-1].strip() if said else 'nothing was said'}\nMore is in {log}."


def is_healthy(place: Place) -> bool:
    """Tell whether the web server answers and finds its databases well."""
    connection = http.client.HTTPConnection(place.host, place.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _stop(folder: Folder, keeper: supervise.Supervisor, *, stop_vms: bool) -> None:
    with step("Stopping the cloud"):
        if stop_vms:
            stop_machines(folder)
        keeper.stop()


def stop_machines(folder: Folder) -> None:
    """Stop every machine of this cloud, waiting for them."""
    _solo(folder, "--stop-vms")


def tear_down(folder: Folder) -> None:
    """Stop machines and take away what they left outside the data folder."""
    supervise.end_orphans(folder.run, folder.conf)
    _solo(folder, "--stop-vms")
    _solo(folder, "--teardown")
    _quietly(folder, [programs.program("archipelago"), "stop", "--force"])


def _solo(folder: Folder, option: str) -> None:
    place = folder.place()
    command = [programs.program("snf-solo"), "--data", str(folder.root)]
    if place is not None:
        command += ["--cloud-id", place.cloud_id]
    _quietly(folder, [*command, option])


def _quietly(folder: Folder, command: list[str]) -> None:
    """Run a command whose words belong into the logs."""
    with (folder.log / "down.log").open("ab") as out:
        subprocess.run(
            command,
            check=False,
            env=folder.environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def processes(folder: Folder) -> list[tuple[str, int]]:
    """List the running processes of this cloud, by their pid files."""
    found = []
    for file in sorted(folder.run.glob("*.pid")):
        pid = supervise.pid_of(file, folder.conf)
        if pid is not None:
            found.append((file.stem, pid))
    return found


def _welcome(folder: Folder, place: Place) -> None:
    tell(f"\nThe cloud is up: {place.url}/\n")
    if folder.credentials.exists():
        tell(_shown(folder.credentials))
    tell("For clients, in the data folder: clouds.yaml, openrc, kamakirc, credentials.")
    tell(f"    export OS_CLIENT_CONFIG_FILE={folder.root}/clouds.yaml OS_CLOUD=synnefo")
    tell("Ctrl-C stops the cloud; machines keep running.\n")
    if os.geteuid() != 0:
        tell(WITHOUT_ROOT)


def _shown(credentials: Path) -> str:
    """Show the passwords once; later the file alone knows them."""
    marker = credentials.with_name(".credentials-shown")
    if marker.exists():
        return f"Logins: {credentials}\n"
    marker.touch(mode=0o600)
    return credentials.read_text()
