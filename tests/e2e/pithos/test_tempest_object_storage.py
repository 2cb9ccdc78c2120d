"""Tempest's object storage suites, unmodified, against a cloud of ours.

What is left out or skipped, and why, is told in docs/reference/tempest-object-storage.md.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import tempest
from tests.support.pithos_server import ROOT, Server, running

REASONS = ROOT / "docs" / "reference" / "tempest-object-storage.md"
pytestmark = [
    pytest.mark.needs_clients,
    pytest.mark.skipif(not tempest.is_there(), reason="no .tempest: make .tempest/.made"),
]
CONFIG = """
[service_available]
nova = False
neutron = False
glance = False
cinder = False
swift = True
[object-storage]
operator_role = member
reseller_admin_role = admin
[object-storage-feature-enabled]
container_sync = False
discoverable_apis = {features}
"""
FEATURES = (
    "account_quotas,bulk_delete,bulk_upload,container_quotas,dlo,formpost,object_versioning,"
    "slo,staticweb,symlink,tempurl,versioned_writes"
)
SETTINGS = "PITHOS_SIGNATURE_DIGESTS = ('sha1', 'sha256', 'sha512')\n"
"""Tempest signs its forms by SHA-1, which is off unless an operator says otherwise."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve all bricks on a loopback port, with an administrator and room in new projects."""
    data = tmp_path_factory.mktemp("tempest-storage")
    with running(data, workers=2, threads=4, settings=SETTINGS) as found:
        tempest.prepare(found)
        tempest.manage(data, "resource-modify", "pithos.diskspace", "--project-default", "1TiB")
        yield found


def test_the_object_storage_suites_pass(server: Server, tmp_path: Path) -> None:
    more = CONFIG.format(features=FEATURES)
    told = tempest.run(server, tmp_path, "tempest.api.object_storage", more, [])
    assert told["Passed"] >= 144
    skipped = re.findall(r"^\| `test_\w+", REASONS.read_text(), re.MULTILINE)
    assert told["Skipped"] == len(skipped)
