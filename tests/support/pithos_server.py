"""A real web server with Pithos and Astakos, for clients that know nothing of us.

Started as its own processes in a data folder of its own; `python -m tests.support.pithos_server`
prepares such a folder and prints who may use it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import msgspec

ROOT = Path(__file__).resolve().parents[2]
QUOTA = 1 << 40
PASSWORD = "correct horse battery"
WORKER = "synnefo.webproject.front.worker.FrontWorker"


class Server(msgspec.Struct):
    """Where the server is, and who may use it."""

    url: str
    data: Path
    account: str
    email: str
    token: str
    pid: int = 0

    @property
    def storage(self) -> str:
        """Answer the storage address in Swift's dialect."""
        return f"{self.url}/pithos/v1/AUTH_{self.account}"

    @property
    def native(self) -> str:
        """Answer the storage address in the native dialect."""
        return f"{self.url}/pithos/v1/{self.account}"

    @property
    def keystone(self) -> dict[str, str]:
        """Answer the environment of a client that signs in by password."""
        return {
            "OS_AUTH_URL": f"{self.url}/astakos/identity/v3",
            "OS_USERNAME": self.email,
            "OS_PASSWORD": PASSWORD,
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_PROJECT_ID": self.account,
            "OS_IDENTITY_API_VERSION": "3",
            "OS_AUTH_VERSION": "3",
        }


def free_port() -> int:
    """Find a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data: Path) -> dict[str, str]:
    """Answer an environment in which our programs use a data folder."""
    kept = {k: v for k, v in os.environ.items() if k not in {"DJANGO_SETTINGS_MODULE"}}
    return {
        **kept,
        "SYNNEFO_SETTINGS_DIR": str(data / "conf"),
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }


@contextmanager
def running(
    data: Path, *, workers: int = 2, threads: int = 8, settings: str = ""
) -> Iterator[Server]:
    """Prepare a data folder, start a server on it, and stop it afterwards."""
    server = prepare(data)
    (data / "conf" / "30-more.conf").write_text(settings)
    process = start(server, workers=workers, threads=threads)
    try:
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def prepare(data: Path) -> Server:
    """Make databases, components, a resource and a user in a new data folder."""
    for name in ("conf", "db", "run", "log"):
        (data / name).mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{free_port()}"
    (data / "conf" / "10-test.conf").write_text(
        f"SYNNEFO_DATA_DIR = {str(data)!r}\nSECRET_KEY = 'tests'\n"
        f"ASTAKOS_BASE_URL = '{url}/astakos'\n"
        f"ASTAKOS_AUTH_URL = '{url}/astakos/identity/v2.0'\n"
        f"PITHOS_BASE_URL = '{url}/pithos'\nCYCLADES_BASE_URL = '{url}/cyclades'\n"
        f"PITHOS_BACKEND_BLOCK_PATH = {str(data / 'blocks')!r}\n"
    )
    command = [sys.executable, "-m", "tests.support.pithos_server", str(data), url]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment(data), cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    return Server(url=url, data=data, **told)


def start(server: Server, *, workers: int = 2, threads: int = 8) -> "subprocess.Popen[bytes]":
    """Start gunicorn and wait until it answers."""
    address = server.url.removeprefix("http://")
    command = [
        *(sys.executable, "-m", "gunicorn", "--no-control-socket", "-k", WORKER),
        *("-w", str(workers), "--threads", str(threads), "-b", address, "--timeout", "120"),
        "synnefo.webproject.wsgi:application",
    ]
    with (server.data / "log" / "web.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=environment(server.data), stdout=log, stderr=log, cwd=ROOT
        )
    server.pid = process.pid
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{server.url}/pithos/info", timeout=5):
                return process
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError((server.data / "log" / "web.log").read_text()[-3000:])


def _make(data: Path, url: str) -> dict[str, str]:
    """Fill the databases of a new data folder; runs in a process of its own."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "synnefo.webproject.django_settings"
    import django

    django.setup()
    from django.core.management import call_command

    for alias in ("astakos", "pithos", "cyclades"):
        call_command("migrate", database=alias, run_syncdb=True, verbosity=0)
    from synnefo.astakos.domain import definitions
    from synnefo.astakos.usecases import registry, tokens, users
    from synnefo.pithos import brick

    _, token = registry.add_component("pithos", base_url=f"{url}/pithos")
    (data / "conf" / "20-token.conf").write_text(f"PITHOS_SERVICE_TOKEN = {token!r}\n")
    services = {str(one["name"]): dict(one) for one in brick.services}
    diskspace = services["pithos_object-store"]["resources"]
    assert isinstance(diskspace, dict)
    diskspace["diskspace"]["system_default"] = QUOTA
    registry.import_services(definitions.read_services(services))
    user = users.add(users.NewUser(email="ada@example.org", password=PASSWORD))
    users.verify(user)
    if not user.account.accepted:
        users.accept(user)
    user = users.find(user.uuid)
    issued = tokens.issue(user, tokens.Wish(user.default_project)).id
    return {"account": str(user.uuid), "email": "ada@example.org", "token": issued}


if __name__ == "__main__":
    print(json.dumps(_make(Path(sys.argv[1]), sys.argv[2])))
