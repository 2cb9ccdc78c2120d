"""Two nodes for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.wires import Lab, a_lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with a_lab(tmp_path_factory.mktemp("wires")) as made:
        for node in ("n1", "n2"):
            made.serve_dhcp(node)
        yield made
