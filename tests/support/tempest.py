"""Tempest in an environment of its own, run against a cloud that a test starts."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.pithos_server import ROOT, Server, environment

TEMPEST = ROOT / ".tempest"
ADMIN, PASSWORD = "admin@example.org", "a password for tests"
CONFIG = """
[DEFAULT]
log_dir = {place}
[auth]
admin_username = {admin}
admin_password = {password}
admin_project_name = {admin}
admin_domain_name = Default
create_isolated_networks = False
[identity]
uri = {url}/astakos/identity/v2.0
uri_v3 = {url}/astakos/identity/v3
region = default
v3_endpoint_type = public
[oslo_concurrency]
lock_path = {place}
"""


def is_there() -> bool:
    """Tell whether the environment was made: `make .tempest/.made`."""
    return (TEMPEST / "bin").exists()


def manage(data: Path, *arguments: str) -> None:
    """Run a command of the cloud's own."""
    command = [sys.executable, "-m", "synnefo.webproject.manage", *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment(data)
    )
    assert done.returncode == 0, done.stderr


def prepare(server: Server) -> None:
    """Register all services and make an administrator."""
    conf = server.data / "conf"
    manage(server.data, "registry-sync", "--tokens-file", str(conf / "20-token.conf"))
    manage(server.data, "user-add", ADMIN, "--admin", "--accept", "--password", PASSWORD)


def run(
    server: Server, place: Path, suite: str, more: str, left_out: list[str], *, at_once: int = 4
) -> dict[str, int]:
    """Run a suite and answer how many tests passed and were skipped; all must pass."""
    config = CONFIG.format(place=place, url=server.url, admin=ADMIN, password=PASSWORD)
    (place / "tempest.conf").write_text(config + more)
    packages = next(TEMPEST.glob("lib/python3*/site-packages"))
    (place / ".stestr.conf").write_text(
        f"[DEFAULT]\ntest_path={packages}/tempest/test_discover\ntop_dir={packages}\n"
    )
    (place / "left-out").write_text("".join(f"{name}\n" for name in left_out))
    command = [str(TEMPEST / "bin" / "stestr"), "run", "--concurrency", str(at_once)]
    done = subprocess.run(
        [*command, "--exclude-list", str(place / "left-out"), suite],
        check=False,
        capture_output=True,
        text=True,
        cwd=place,
        env=_environment(place),
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    counts = re.findall(r"^ - (\w+): (\d+)$", done.stdout, re.MULTILINE)
    return {name: int(number) for name, number in counts}


def _environment(place: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "PYTHON"))}
    path = f"{TEMPEST / 'bin'}:{kept['PATH']}"
    where = {"TEMPEST_CONFIG_DIR": str(place), "TEMPEST_CONFIG": "tempest.conf"}
    return {**kept, **where, "PATH": path}
