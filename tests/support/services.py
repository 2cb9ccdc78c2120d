"""Real services for tests: PostgreSQL and RabbitMQ, private, on free ports, gone afterwards.

usage: python -m tests.support.services up|down
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from tests.support import rabbitmq

HERE = Path(__file__).resolve().parents[2] / ".services"
ENV = HERE / "env"
BROKERS = HERE / "brokers.json"


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
    """Start the services and write where they are to `.services/env`."""
    if ENV.exists() and _answers():
        return
    HERE.mkdir(exist_ok=True)
    postgres = _start_postgres()
    brokers = rabbitmq.start(Path(tempfile.mkdtemp(prefix="synnefo-mq-")))
    BROKERS.write_bytes(msgspec.json.encode(brokers))
    ENV.write_text(f"{postgres}SYNNEFO_TEST_AMQP={','.join(brokers.urls)}\n")
    print(f"  RabbitMQ listens on 127.0.0.1:{' and '.join(str(n.port) for n in brokers.nodes)}")


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
    return dict(line.split("=", 1) for line in ENV.read_text().splitlines())


def _answers() -> bool:
    host, _, port = _read()["SYNNEFO_TEST_POSTGRES"].partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True


def down() -> None:
    """Stop the services and remove their data."""
    if BROKERS.exists():
        rabbitmq.stop(msgspec.json.decode(BROKERS.read_bytes(), type=rabbitmq.Brokers))
    if not ENV.exists():
        return
    data = _read()["SYNNEFO_TEST_POSTGRES_DATA"]
    stop = [_binary("pg_ctl"), "-D", f"{data}/db", "-m", "immediate", "stop"]
    subprocess.run([*_as_postgres(), *stop], check=False, stdout=subprocess.DEVNULL, cwd="/")
    time.sleep(0.2)
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(HERE, ignore_errors=True)


if __name__ == "__main__":
    {"up": up, "down": down}[sys.argv[1]]()
