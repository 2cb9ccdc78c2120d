"""What the tests of this folder share."""

from collections.abc import Iterator

import pytest

from synnefo.astakos.usecases import catalogs


@pytest.fixture(autouse=True)
def _fresh_catalogue() -> Iterator[None]:
    """Remember nothing of another test's registry."""
    catalogs.forget()
    yield
    catalogs.forget()
