"""The catalogue and the components' tokens, remembered for a while.

Both are asked for with nearly every request and change once in a month (identity 22, L9).
"""

from datetime import datetime

from synnefo.astakos.domain.catalogs import Entry
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import Component, Resource, Service
from synnefo.astakos.models.registry import OPENSTACK
from synnefo.astakos.usecases import remembered
from synnefo.astakos.usecases.remembered import Remembered
from synnefo.kit import clock


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
    remembered.forget()


def forget_components() -> None:
    """Look for a component registered or renewed by another process a moment ago.

    At most once in a second, so that wrong tokens cannot make the table be read all the time.
    """
    _components.forget(older_than=1.0)
