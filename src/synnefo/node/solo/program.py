"""The program `snf-solo`: a cluster of one node, and the commands that end it."""

import argparse
import base64
import http.client
import signal
import ssl
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from synnefo.kit import conf, structs
from synnefo.kit.clock import monotonic
from synnefo.kit.logs import configure, get_logger
from synnefo.node.solo.cluster import Access, AlreadyRunning, Cluster, read_access
from synnefo.node.solo.opcodes import InstanceShutdown
from synnefo.node.solo.settings import Places, SoloSettings

log = get_logger(__name__)

_STOP_SECONDS = 180.0
_FINAL = {"success", "error", "canceled"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = _parser().parse_args(arguments)
    configure("snf-solo", level="DEBUG" if options.debug else "INFO")
    structs.ready_all()
    try:
        settings = _settings(options)
        cluster = Cluster(settings)
    except AlreadyRunning as error:
        if options.stop_vms:
            return _stop_vms_of_running(settings)
        sys.stderr.write(f"{error}.\n")
        return 1
    except conf.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.teardown:
        cluster.teardown()
        cluster.end()
        return 0
    return _stop_vms(cluster) if options.stop_vms else _run(cluster)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="snf-solo", description="A cluster of one node: Ganeti's RAPI over QEMU."
    )
    parser.add_argument("--config", type=Path, help="settings file (SOLO_* names)")
    parser.add_argument("--data", help="data folder of the cloud")
    parser.add_argument("--listen", help="ADDRESS:PORT of the RAPI")
    parser.add_argument("--user", help="who may speak to the RAPI")
    parser.add_argument("--password-file", help="file with that user's password")
    parser.add_argument("--cloud-id", help="short name of the cloud in names of devices")
    parser.add_argument("--hypervisors", help="kvm, fake or both, the default first: kvm,fake")
    parser.add_argument("--accel", choices=("auto", "kvm", "tcg"))
    parser.add_argument("--network", choices=("auto", "bridge", "user", "none"))
    parser.add_argument("--stop-vms", action="store_true", help="shut all machines down and end")
    parser.add_argument(
        "--teardown", action="store_true", help="switch all machines off, undo all networks, end"
    )
    parser.add_argument("--debug", action="store_true")
    return parser


def _settings(options: argparse.Namespace) -> SoloSettings:
    settings = conf.load(paths=[options.config] if options.config else None).of(SoloSettings)
    given = {
        f"solo_{name}": getattr(options, name)
        for name in ("data", "listen", "user", "password_file", "cloud_id", "accel", "network")
        if getattr(options, name)
    }
    if options.hypervisors:
        given["solo_hypervisors"] = tuple(options.hypervisors.split(","))
    return msgspec.structs.replace(settings, **given)


def _run(cluster: Cluster) -> int:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    cluster.begin()
    cluster.serve()
    stopping.wait()
    log.info("stopping; machines run on")
    cluster.end()
    return 0


def _stop_vms(cluster: Cluster) -> int:
    """Shut every machine down with nobody else running this cluster."""
    cluster.begin()
    for instance in cluster.house.inventory.instances():
        if cluster.house.is_running(instance):
            opcode = InstanceShutdown(instance_name=instance.name, timeout=60)
            cluster.queue.submit_if_idle(f"instance/{instance.name}", opcode)
    is_idle = cluster.queue.wait_until(cluster.queue.idle, _STOP_SECONDS)
    cluster.end()
    return 0 if is_idle else 1


def _stop_vms_of_running(settings: SoloSettings) -> int:
    """Have the running daemon shut every machine down."""
    access = read_access(Places(Path(settings.solo_data).resolve()))
    password = Path(access.password_file).read_text().strip()
    credentials = base64.b64encode(f"{access.user}:{password}".encode()).decode()

    def ask(method: str, path: str, body: str = "") -> object:
        connection = _connection(access)
        try:
            headers = {"Authorization": f"Basic {credentials}"}
            connection.request(method, path, body, headers)
            return msgspec.json.decode(connection.getresponse().read())
        finally:
            connection.close()

    jobs: list[int] = []
    for one in msgspec.convert(ask("GET", "/2/instances?bulk=1"), list[dict[str, object]]):
        if one["oper_state"]:
            path = f"/2/instances/{one['name']}/shutdown"
            jobs.append(msgspec.convert(ask("PUT", path, '{"timeout": 60}'), int))
    deadline = monotonic() + _STOP_SECONDS
    pause = threading.Event()
    for number in jobs:
        while monotonic() < deadline:
            shown = msgspec.convert(ask("GET", f"/2/jobs/{number}"), dict[str, object])
            if shown["status"] in _FINAL:
                break
            pause.wait(0.2)
    return 0 if monotonic() < deadline else 1


def _connection(access: Access) -> http.client.HTTPConnection:
    """Connect to our own daemon; its certificate is known by file, whatever name it bears."""
    address = urlsplit(access.url)
    host, port = address.hostname or "", address.port
    if address.scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=60)
    context = ssl.create_default_context(cafile=access.certificate)
    context.check_hostname = False
    return http.client.HTTPSConnection(host, port, timeout=60, context=context)


if __name__ == "__main__":
    sys.exit(main())
