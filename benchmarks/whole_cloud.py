"""The whole cloud as its owner feels it: memory when idle, second start, from POST to SSH.

python -m benchmarks.whole_cloud [--data DIR]
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from synnefo.clients.http import Http
from synnefo.webproject.up import supervise

IDLE_LIMIT_MIB = 500
START_LIMIT = 10.0
SSH_LIMIT = 20.0


def synnefo(*words: str) -> str:
    """Run the `synnefo` command beside this interpreter."""
    command = [str(Path(sys.executable).with_name("synnefo")), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def resident_mib(data: Path) -> float:
    """Add up the resident memory of a cloud's processes, shared pages counted for each."""
    total = 0
    for file in (data / "run").glob("*.pid"):
        total += _with_children(int(file.read_text()) if file.stem != "up" else 0)
    total += _own(int((data / "run" / "up.pid").read_text()))
    return total / 1024


def shared_once_mib(data: Path) -> float:
    """Add up the same, each page counted by the share that a process has of it."""
    pids = [int(file.read_text()) for file in (data / "run").glob("*.pid")]
    family = {pid for top in pids for pid in (top, *supervise.children(top))}
    return sum(supervise.resident(pid) for pid in family) / 2**20


def _with_children(pid: int) -> int:
    if not pid:
        return 0
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return _own(pid) + sum(_with_children(int(child)) for child in children)


def _own(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def first_ssh(data: Path, address: str) -> float:
    """Create a machine and measure the seconds from the request to an SSH banner's login."""
    logins = json.loads((data / "logins.json").read_text())
    compute = Http(f"{address}/cyclades/compute/v2.1", token=logins["user"]["token"])
    key = data / "bench-key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text()
    pair = {"keypair": {"name": "bench", "public_key": public}}
    compute.call("POST", "/os-keypairs", body=pair)
    image = compute_image(address, logins["user"]["token"])
    order = {"server": {"name": "bench", "imageRef": image, "flavorRef": "3", "key_name": "bench"}}
    started = time.monotonic()
    made = compute.read("POST", "/servers", dict[str, Any], body=order)["server"]["id"]
    host = _address(compute, made)
    while not _answers(host, key):
        if time.monotonic() - started > 120:
            raise SystemExit("The machine does not answer.")
    taken = time.monotonic() - started
    compute.call("DELETE", f"/servers/{made}")
    return taken


def compute_image(address: str, token: str) -> str:
    """Find the demonstration image."""
    images = Http(f"{address}/cyclades/image/v2", token=token)
    found = images.read("GET", "/images", dict[str, Any])["images"]
    return str(found[0]["id"])


def _address(compute: Http, server_id: str) -> str:
    while True:
        server = compute.read("GET", f"/servers/{server_id}", dict[str, Any])["server"]
        for cards in server["addresses"].values():
            return str(cards[0]["addr"])
        time.sleep(0.1)


def _answers(host: str, key: Path) -> bool:
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    options += ["-o", "BatchMode=yes", "-o", "ConnectTimeout=1", "-o", "LogLevel=ERROR"]
    command = ["ssh", *options, "-i", str(key), f"user@{host}", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def main() -> int:
    """Measure and print each figure beside its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    data = options.data or Path(tempfile.mkdtemp(prefix="synnefo-bench-"))
    synnefo("up", "--background", "--data", str(data), "--listen", "127.0.0.1:0")
    try:
        place = json.loads((data / "place.json").read_text())
        address = f"http://{place['host']}:{place['port']}"
        time.sleep(5)
        figures = [("idle, MiB resident", resident_mib(data), IDLE_LIMIT_MIB)]
        print(f"idle, shared pages counted once {shared_once_mib(data):13.1f}")
        figures.append(("POST to SSH, s", first_ssh(data, address), SSH_LIMIT))
        synnefo("down", "--data", str(data))
        started = time.monotonic()
        synnefo("up", "--background", "--data", str(data))
        figures.append(("second start, s", time.monotonic() - started, START_LIMIT))
    finally:
        synnefo("reset", "--yes", "--data", str(data))
    for name, value, limit in figures:
        print(f"{name:<22} {value:8.1f}   at most {limit:g}   {value / limit:.2f} of it")
    return int(any(value > limit for _name, value, limit in figures))


if __name__ == "__main__":
    sys.exit(main())
