"""Who is who: uuids and display names. Spec: identity 7.1."""

from collections.abc import Sequence

import msgspec

from synnefo.astakos.models import User

CHUNK = 500


class Catalogs(msgspec.Struct, frozen=True):
    """Users by uuid and by display name; unknown ones are absent."""

    uuid_catalog: dict[str, str]
    displayname_catalog: dict[str, str]


def catalogs(uuids: Sequence[str] | None, names: Sequence[str] | None) -> Catalogs:
    """Look users up; None means all of them."""
    return Catalogs(_by_uuid(uuids), _by_name(names))


def _by_uuid(uuids: Sequence[str] | None) -> dict[str, str]:
    known = User.objects.verified()
    if uuids is None:
        return dict(known.values_list("uuid", "username"))
    found: dict[str, str] = {}
    for start in range(0, len(uuids), CHUNK):
        part = known.filter(uuid__in=uuids[start : start + CHUNK])
        found.update(part.values_list("uuid", "username"))
    return found


def _by_name(names: Sequence[str] | None) -> dict[str, str]:
    known = User.objects.verified()
    if names is None:
        return dict(known.values_list("username", "uuid"))
    lowered = list({name.lower() for name in names})
    found: dict[str, str] = {}
    for start in range(0, len(lowered), CHUNK):
        part = known.filter(username__in=lowered[start : start + CHUNK])
        found.update(part.values_list("username", "uuid"))
    return {name: found[name.lower()] for name in names if name.lower() in found}
