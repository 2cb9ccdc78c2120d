"""Tempest's identity suites, unmodified, against a cloud of ours.

They run in an environment of their own, `.tempest`, which `make test-all` makes. What is left out,
and why, is told in docs/reference/tempest-identity.md.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pithos_server import ROOT, Server, environment, running

TEMPEST = ROOT / ".tempest"
REASONS = ROOT / "docs" / "reference" / "tempest-identity.md"
ADMIN, PASSWORD = "admin@example.org", "a password for tests"
pytestmark = [
    pytest.mark.needs_clients,
    pytest.mark.skipif(not (TEMPEST / "bin").exists(), reason="no .tempest: make .tempest/.made"),
]
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
[identity-feature-enabled]
trust = True
application_credentials = True
access_rules = True
[service_available]
nova = False
neutron = False
glance = False
cinder = False
swift = False
[oslo_concurrency]
lock_path = {place}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve all bricks on a loopback port from two processes, with an administrator."""
    data = tmp_path_factory.mktemp("tempest-cloud")
    with running(data, workers=2, threads=4) as found:
        _manage(data, "registry-sync", "--tokens-file", str(data / "conf" / "20-token.conf"))
        _manage(data, "user-add", ADMIN, "--admin", "--accept", "--password", PASSWORD)
        yield found


def test_the_identity_suites_pass(server: Server, tmp_path: Path) -> None:
    config = CONFIG.format(place=tmp_path, url=server.url, admin=ADMIN, password=PASSWORD)
    (tmp_path / "tempest.conf").write_text(config)
    packages = next(TEMPEST.glob("lib/python3*/site-packages"))
    (tmp_path / ".stestr.conf").write_text(
        f"[DEFAULT]\ntest_path={packages}/tempest/test_discover\ntop_dir={packages}\n"
    )
    left_out = tmp_path / "left-out"
    left_out.write_text("".join(f"{name}\n" for name in _left_out()))
    command = [str(TEMPEST / "bin" / "stestr"), "run", "--serial", "--exclude-list"]
    done = subprocess.run(
        [*command, str(left_out), "tempest.api.identity"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=_environment(tmp_path),
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    told = dict(re.findall(r"^ - (\w+): (\d+)$", done.stdout, re.MULTILINE))
    assert int(told["Passed"]) >= 120
    assert int(told["Skipped"]) == _reasons().count("\n| `security_compliance`")


def _left_out() -> list[str]:
    """Read from the page the suites of features that the specification declares absent."""
    found = re.findall(r"^\| `(tempest\.\S+)` \|", _reasons(), re.MULTILINE)
    assert found, f"{REASONS} names nothing"
    return found


def _reasons() -> str:
    return REASONS.read_text()


def _environment(place: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "PYTHON"))}
    path = f"{TEMPEST / 'bin'}:{kept['PATH']}"
    where = {"TEMPEST_CONFIG_DIR": str(place), "TEMPEST_CONFIG": "tempest.conf"}
    return {**kept, **where, "PATH": path}


def _manage(data: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "synnefo.webproject.manage", *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment(data)
    )
    assert done.returncode == 0, done.stderr
