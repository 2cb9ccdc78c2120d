"""Real services for tests: PostgreSQL, RabbitMQ, Ganeti; private, on free ports, gone afterwards.

usage: python -m tests.support.services up|down
"""

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tests.support import ganeti, ganeti_setup, rabbitmq
from tests.support.ceph import Ceph

HERE = Path(__file__).resolve().parents[2] / ".services"
ENV = HERE / "env"
BROKERS = HERE / "brokers.json"
CLUSTERS = HERE / "ganeti.json"


def _binary(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found:
        sys.exit("PostgreSQL is not installed. Run: apt-get install postgresql")
    return str(found[-1])


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        if os.geteuid() == 0
        else []
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def up() -> None:
    """Start what does not run yet, all at once, and write where it is to `.services/env`."""
    HERE.mkdir(exist_ok=True)
    with (HERE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _read()
        starts: dict[str, Callable[[], str]] = {
            "SYNNEFO_TEST_POSTGRES": _start_postgres,
            "SYNNEFO_TEST_AMQP": _start_brokers,
            "SYNNEFO_TEST_GANETI": _start_clusters,
            "SYNNEFO_TEST_CEPH": _start_ceph,
        }
        missing = [start for name, start in starts.items() if not _answers(name, known)]
        with ThreadPoolExecutor(len(starts)) as pool:
            told = list(pool.map(lambda start: start(), missing))
        kept = [f"{name}={value}\n" for name, value in known.items()]
        ENV.write_text("".join(dict.fromkeys([*_without(kept, told), *told])))


def _without(kept: list[str], told: list[str]) -> list[str]:
    """Leave out the old lines that were just written anew."""
    names = {line.partition("=")[0] for text in told for line in text.splitlines()}
    return [line for line in kept if line.partition("=")[0] not in names]


def _start_brokers() -> str:
    brokers = rabbitmq.start(Path(tempfile.mkdtemp(prefix="synnefo-mq-")))
    BROKERS.write_bytes(msgspec.json.encode(brokers))
    print(f"  RabbitMQ listens on 127.0.0.1:{' and '.join(str(n.port) for n in brokers.nodes)}")
    return f"SYNNEFO_TEST_AMQP={','.join(brokers.urls)}\n"


def _start_clusters() -> str:
    if os.geteuid() != 0:
        print("  Ganeti is not started: only root can make its nodes")
        return ""
    built = ganeti_setup.start(Path(tempfile.mkdtemp(prefix="synnefo-gnt-")))
    CLUSTERS.write_bytes(msgspec.json.encode(built))
    for cluster in built:
        print(f"  Ganeti cluster {cluster.fqdn} of {cluster.size} listens on {cluster.url}")
    return f"SYNNEFO_TEST_GANETI={CLUSTERS}\n"


def _start_ceph() -> str:
    found = Ceph(Path(tempfile.mkdtemp(prefix="synnefo-ceph-")))
    found.start()
    print(f"  Ceph's files are in {found.folder}")
    return f"SYNNEFO_TEST_CEPH={found.folder}\n"


def _start_postgres() -> str:
    data = Path(tempfile.mkdtemp(prefix="synnefo-pg-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(data, owner.pw_uid, owner.pw_gid)
    port = _free_port()
    run = [*_as_postgres(), _binary("initdb"), "-D", f"{data}/db", "-U", "synnefo", "-A", "trust"]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL, cwd="/")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {data} -c max_connections=300"
    start = [
        _binary("pg_ctl"),
        "-D",
        f"{data}/db",
        "-l",
        f"{data}/log",
        "-w",
        "-o",
        options,
        "start",
    ]
    subprocess.run([*_as_postgres(), *start], check=True, stdout=subprocess.DEVNULL, cwd="/")
    print(f"  PostgreSQL listens on 127.0.0.1:{port}")
    return f"SYNNEFO_TEST_POSTGRES=127.0.0.1:{port}\nSYNNEFO_TEST_POSTGRES_DATA={data}\n"


def _read() -> dict[str, str]:
    if not ENV.exists():
        return {}
    return dict(line.split("=", 1) for line in ENV.read_text().splitlines())


def _answers(name: str, known: dict[str, str]) -> bool:
    if name not in known:
        return False
    if name == "SYNNEFO_TEST_GANETI":
        return all(node.is_on for cluster in _clusters() for node in cluster.nodes)
    if name == "SYNNEFO_TEST_CEPH":
        return Ceph(Path(known[name])).is_on
    place = known[name].split(",")[0].rpartition("@")[2].rstrip("/")
    host, _, port = place.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True


def _clusters() -> list[ganeti.Cluster]:
    return msgspec.json.decode(CLUSTERS.read_bytes(), type=list[ganeti.Cluster])


def down() -> None:
    """Stop the services and remove their data."""
    if BROKERS.exists():
        rabbitmq.stop(msgspec.json.decode(BROKERS.read_bytes(), type=rabbitmq.Brokers))
    if CLUSTERS.exists():
        built = _clusters()
        ganeti_setup.stop(built)
        shutil.rmtree(Path(built[0].folder).parent, ignore_errors=True)
    if ceph := _read().get("SYNNEFO_TEST_CEPH"):
        Ceph(Path(ceph)).stop()
    data = _read().get("SYNNEFO_TEST_POSTGRES_DATA")
    if data:
        stop = [_binary("pg_ctl"), "-D", f"{data}/db", "-m", "immediate", "stop"]
        subprocess.run([*_as_postgres(), *stop], check=False, stdout=subprocess.DEVNULL, cwd="/")
        time.sleep(0.2)
        shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(HERE, ignore_errors=True)


if __name__ == "__main__":
    {"up": up, "down": down}[sys.argv[1]]()
