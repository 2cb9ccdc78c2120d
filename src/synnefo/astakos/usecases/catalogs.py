"""The catalogue and the components' tokens, remembered for a few seconds.

Both are asked for with nearly every request and change once in a month (identity 22, L9).
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import transaction

from synnefo.astakos.domain.catalogs import Entry
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, Component, Resource, Service
from synnefo.astakos.models.registry import OPENSTACK
from synnefo.astakos.settings import AstakosSettings
from synnefo.kit import clock, conf
from synnefo.serve.http import revocations
from synnefo.serve.http.revocations import Mark

T = TypeVar("T")
_all: list["Remembered[Any]"] = []


class Remembered(Generic[T]):
    """A value read anew when it is older than a setting says.

    A marked one is read anew as well when another process of this host changed it.
    """

    def __init__(
        self,
        read: Callable[[], T],
        ttl: Callable[[AstakosSettings], float],
        *,
        marked: bool = False,
    ) -> None:
        _all.append(self)
        self._marked = marked
        self._read = read
        self._ttl = ttl
        self._lock = threading.Lock()
        self._kept: tuple[float, Mark, T] | None = None
        self._read_at = 0.0

    def get(self) -> T:
        """Answer the value, reading it anew when it is too old."""
        kept = self._kept
        mark = revocations.mark() if self._marked else (0, 0)
        if kept is not None and kept[0] > clock.monotonic() and kept[1] == mark:
            return kept[2]
        value = self._read()
        with self._lock:
            self._read_at = clock.monotonic()
            self._kept = (self._read_at + self._ttl(conf.of(AstakosSettings)), mark, value)
        return value

    def forget(self, older_than: float = 0.0) -> None:
        """Drop the value, unless it was read less than `older_than` seconds ago."""
        with self._lock:
            if clock.monotonic() - self._read_at >= older_than:
                self._kept = None

    def change(self) -> None:
        """Drop a marked value in every process, once what changed it is committed."""
        self.forget()
        transaction.on_commit(revocations.announce, using=DATABASE)


def _read_entries() -> list[Entry]:
    services = Service.objects.select_related("component").prefetch_related("endpoints")
    return [
        Entry(
            name=service.name,
            type=service.type,
            openstack=service.catalog == OPENSTACK,
            ui_url=service.component.url,
            endpoints=tuple(
                endpoint.data for endpoint in sorted(service.endpoints.all(), key=lambda e: e.pk)
            ),
        )
        for service in services.order_by("pk")
    ]


def _read_components() -> dict[str, tuple[str, datetime | None]]:
    rows = Component.objects.values_list("token_digest", "name", "token_expires_at")
    return {digest: (name, expires) for digest, name, expires in rows}


def _read_resources() -> list[Resource]:
    return list(Resource.objects.order_by("pk"))


_entries = Remembered(_read_entries, lambda settings: settings.astakos_endpoint_cache_timeout)
_components = Remembered(
    _read_components, lambda settings: settings.astakos_component_cache_timeout
)
_resources = Remembered(_read_resources, lambda settings: settings.astakos_resource_cache_timeout)


def entries() -> list[Entry]:
    """List the registered services as the catalogues need them."""
    return _entries.get()


def resources() -> list[Resource]:
    """List the registered resources."""
    return _resources.get()


def component_of(token: str) -> str | None:
    """Answer the name of the component that holds a token; None when none does."""
    found = _components.get().get(digest_of(token))
    if found is None:
        return None
    name, expires = found
    return name if expires is None or expires > clock.now() else None


def forget() -> None:
    """Read everything anew at the next question."""
    for kept in _all:
        kept.forget()


def forget_components() -> None:
    """Look for a component registered or renewed by another process a moment ago.

    At most once in a second, so that wrong tokens cannot make the table be read all the time.
    """
    _components.forget(older_than=1.0)
