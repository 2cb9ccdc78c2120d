"""The quota service as Pithos uses it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Protocol

from synnefo.clients.astakos import AstakosClient, Standing
from synnefo.kit import conf
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.quota import QuotaService
from synnefo.wire.provisions import Provision, charge

RESOURCE = "pithos.diskspace"


class Quotas(QuotaService, Protocol):
    """Promises and verdicts, and how everybody stands."""

    def service_get_quotas(
        self, users: Sequence[str] = (), projects: Sequence[str] = ()
    ) -> dict[str, dict[str, dict[str, Standing]]]:
        """Answer quotas of this component's resources: user, project, resource."""


def provisions(account: str, project: str, amount: int, *, is_common: bool) -> list[Provision]:
    """Charge an account in a project; a project's own account charges the project alone."""
    both = charge(account, project, RESOURCE, amount)
    return both[1:] if is_common else both


_instead: list[Quotas] = []


@contextmanager
def using(other: Quotas) -> Iterator[None]:
    """Charge somewhere else for a while; for tests and for hosts without an identity service."""
    _instead.append(other)
    try:
        yield
    finally:
        _instead.pop()


def service() -> Quotas:
    """Answer who keeps the quota."""
    return _instead[-1] if _instead else identity_service()


def identity_service() -> AstakosClient:
    """Answer the identity service, called as this component."""
    settings = conf.of(PithosSettings)
    return _client(settings.astakos_auth_url, settings.pithos_service_token)


@cache
def _client(url: str, token: str) -> AstakosClient:
    return AstakosClient(url, token)
