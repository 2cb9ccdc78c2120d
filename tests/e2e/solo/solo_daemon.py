"""A real `snf-solo` in a process of its own, and a tiny guest for it."""

import base64
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

FINAL = {"success", "error", "canceled"}


class Daemon:
    """One cluster in a data folder; may be killed and started again."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.home = data / "solo"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        (self.home / "access.json").unlink(missing_ok=True)
        log = (self.data / "solo.log").open("ab")
        self._process = subprocess.Popen(self.command(), stderr=log)
        log.close()
        wait_until(self._answers, 30, self.log)

    def command(self, *more: str) -> list[str]:
        """Write the command of this cluster."""
        program = [sys.executable, "-m", "synnefo.node.solo", "--data", str(self.data)]
        return [*program, "--listen", "127.0.0.1:0", *self._options, *more]

    def run(self, *more: str) -> int:
        """Run the program with an option that ends, such as `--teardown`."""
        with (self.data / "solo.log").open("ab") as log:
            return subprocess.run(self.command(*more), stderr=log, check=False).returncode

    def stop(self) -> None:
        """End the daemon in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the daemon at once."""
        self._end(signal.SIGKILL)

    def clean_up(self) -> None:
        """End everything, machines and networks too."""
        self.stop()
        assert self.run("--teardown") == 0, self.log()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request and read its JSON."""
        access = json.loads((self.home / "access.json").read_text())
        password = Path(access["password_file"]).read_text().strip()
        token = base64.b64encode(f"{access['user']}:{password}".encode()).decode()
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(access["url"] + path, data, method=method)
        request.add_header("Authorization", f"Basic {token}")
        context = ssl._create_unverified_context() if access["url"][4] == "s" else None
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            return json.loads(answer.read())

    def done(self, number: int, timeout: float = 60) -> Any:
        """Wait for a job's end."""
        wait_until(
            lambda: self.ask("GET", f"/2/jobs/{number}")["status"] in FINAL,
            timeout,
            self.log,
        )
        return self.ask("GET", f"/2/jobs/{number}")

    def run_job(self, method: str, path: str, body: object = None) -> Any:
        """Send a request that makes a job; it must succeed."""
        job = self.done(self.ask(method, path, body))
        assert job["status"] == "success", job["opresult"]
        return job

    def network(self, name: str, subnet: str, **changes: object) -> None:
        """Make and connect a network."""
        body = {"network_name": name, "network": subnet, "tags": ["nfdhcpd"], **changes}
        self.run_job("POST", "/2/networks", body)
        wish = {"group_name": "default", "network_mode": "bridged", "network_link": "br0"}
        self.run_job("PUT", f"/2/networks/{name}/connect", wish)

    def status(self, name: str) -> str:
        """Tell an instance's status."""
        return str(self.ask("GET", f"/2/instances/{name}")["status"])

    def pid_of(self, name: str) -> int:
        """Tell the process of a machine."""
        return int((self.home / "vm" / name / "pid").read_text())

    def log(self) -> str:
        """Read the end of the daemon's log."""
        return (self.data / "solo.log").read_text()[-3000:]

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        if not (self.home / "access.json").exists():
            return False
        try:
            return bool(self.ask("GET", "/version") == 2)
        except (urllib.error.URLError, ConnectionError, ValueError):
            return False

    def _end(self, by: signal.Signals) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.send_signal(by)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
                raise


class Guest:
    """A machine that is asked over SSH."""

    def __init__(self, key: Path, address: str, port: int = 22) -> None:
        self._key = key
        self._address = address
        self._port = port

    def up(self, timeout: float = 60) -> None:
        """Wait until it lets us in."""
        wait_until(lambda: self.try_run("true").returncode == 0, timeout)

    def run(self, command: str) -> str:
        """Run a command that must succeed."""
        done = self.try_run(command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def try_run(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command."""
        options = [
            *("-i", str(self._key), "-p", str(self._port)),
            *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
            *("-o", "ConnectTimeout=3", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"),
        ]
        return subprocess.run(
            ["ssh", *options, f"root@{self._address}", command],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


def an_instance(name: str, image: Path, key: Path, **changes: object) -> dict[str, object]:
    """Write the body that makes a real machine from the demonstration image."""
    return {
        "__version__": 1,
        "mode": "create",
        "name": name,
        "disk_template": "file",
        "disks": [{"size": 64, "name": f"{name}-root", "origin": str(image)}],
        "hypervisor": "kvm",
        "os_type": "snf-image+default",
        "beparams": {"vcpus": 1, "minmem": 128, "maxmem": 128},
        "osparams": {
            "hostname": name,
            "ssh_keys": json.dumps([key.with_suffix(".pub").read_text()]),
        },
        **changes,
    }


def wait_until(
    fact: Callable[[], bool], timeout: float, why: Callable[[], str] = lambda: ""
) -> None:
    """Wait until something is so, with a deadline."""
    deadline = time.monotonic() + timeout
    while not fact():
        assert time.monotonic() < deadline, f"not so within {timeout} s {why()}"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] != "Z"
