"""A shelf of volumes in a folder of its own."""

from pathlib import Path

import pytest

from synnefo.archipelago.settings import under
from synnefo.archipelago.shelf import Shelf, open_shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return open_shelf(under(tmp_path, owner="this-node"))


@pytest.fixture
def other_node(tmp_path: Path, shelf: Shelf) -> Shelf:
    return open_shelf(under(tmp_path, owner="other-node"))
