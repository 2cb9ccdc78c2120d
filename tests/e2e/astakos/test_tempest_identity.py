"""Tempest's identity suites, unmodified, against a cloud of ours.

They run in an environment of their own, `.tempest`, which `make test-all` makes. What is left out,
and why, is told in docs/reference/tempest-identity.md.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import tempest
from tests.support.pithos_server import ROOT, Server, running

REASONS = ROOT / "docs" / "reference" / "tempest-identity.md"
pytestmark = [
    pytest.mark.needs_clients,
    pytest.mark.skipif(not tempest.is_there(), reason="no .tempest: make .tempest/.made"),
]
CONFIG = """
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
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve all bricks on a loopback port from two processes, with an administrator."""
    data = tmp_path_factory.mktemp("tempest-cloud")
    with running(data, workers=2, threads=4) as found:
        tempest.prepare(found)
        yield found


def test_the_identity_suites_pass(server: Server, tmp_path: Path) -> None:
    told = tempest.run(server, tmp_path, "tempest.api.identity", CONFIG, _left_out(), at_once=1)
    assert told["Passed"] >= 120
    assert told["Skipped"] == _reasons().count("\n| `security_compliance`")


def _left_out() -> list[str]:
    """Read from the page the suites of features that the specification declares absent."""
    found = re.findall(r"^\| `(tempest\.\S+)` \|", _reasons(), re.MULTILINE)
    assert found, f"{REASONS} names nothing"
    return found


def _reasons() -> str:
    return REASONS.read_text()
