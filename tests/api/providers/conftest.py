"""What the tests of sign-in by providers share."""

from collections.abc import Iterator

import pytest

from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import catalogs, directories
from synnefo.kit import conf
from tests.support.openid import OwnProvider, mock_provider, own_provider

BASE = "http://testserver/astakos"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Remember nothing of another test's registry and providers."""
    del monkeypatch
    catalogs.forget()
    directories.forget()
    with conf.override(AstakosSettings, astakos_base_url=BASE):
        yield
    catalogs.forget()
    directories.forget()


@pytest.fixture(scope="session")
def own_op_server() -> Iterator[OwnProvider]:
    """Run the provider that misbehaves on demand."""
    with own_provider() as provider:
        yield provider


@pytest.fixture
def own_op(own_op_server: OwnProvider) -> OwnProvider:
    """Give that provider, well-behaved again."""
    first = own_op_server.first
    fresh = OwnProvider(issuer=own_op_server.issuer, key=first, first=first, published=[first])
    for name, value in vars(fresh).items():
        setattr(own_op_server, name, value)
    return own_op_server


@pytest.fixture(scope="session")
def mock_op() -> Iterator[str]:
    """Run oidc-provider-mock with one person."""
    ada = {
        "sub": "ada-at-mock",
        "email": "ada@example.org",
        "email_verified": True,
        "given_name": "Ada",
        "family_name": "Lovelace",
        "groups": ["staff", "astronomy"],
    }
    with mock_provider(ada) as issuer:
        yield issuer
