"""Two nodes for all tests of this folder."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.wires import Lab, a_lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Make a lab in a folder that the daemon may read once it is no longer root."""
    folder = Path(tempfile.mkdtemp(prefix="wires-"))
    folder.chmod(0o755)
    try:
        with a_lab(folder) as made:
            for node in ("n1", "n2"):
                made.serve_dhcp(node)
            yield made
    finally:
        shutil.rmtree(folder)
