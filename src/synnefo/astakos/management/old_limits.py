"""Default limits as `ASTAKOS_SERVICES` of 0.13 tells them. Spec: identity 16.10, 18.3."""

from collections.abc import Mapping

from django.core.management.base import CommandError

from synnefo.astakos.management.words import amount


def read(services: Mapping[str, Mapping[str, object]]) -> dict[str, int]:
    """Answer the default limit of each resource, by its full name.

    A service holds `resources`, a list of dicts with `name` and `uplimit`.
    """
    found: dict[str, int] = {}
    for service, facts in services.items():
        listed = facts.get("resources", [])
        for one in listed if isinstance(listed, list | tuple) else []:
            if not isinstance(one, Mapping) or "name" not in one:
                raise CommandError(f"ASTAKOS_SERVICES: a resource of {service} has no name.")
            if one.get("uplimit") is not None:
                found[f"{service}.{one['name']}"] = amount(str(one["uplimit"]))
    return found
