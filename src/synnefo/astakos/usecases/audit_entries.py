"""Finding entries of the audit log: by who, what, whom, when and from where."""

from datetime import datetime

import msgspec
from django.db.models import Q

from synnefo.astakos.models import AuditEntry, User
from synnefo.astakos.models.audit import AuditQuerySet

MOST_PEOPLE = 50


class AuditSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What to find; whatever is empty is not asked for."""

    about: str = ""
    """A user's uuid: what they did and what was done to them."""
    who: str = ""
    """The one who acted: uuid, e-mail address or a part of it, `component:NAME`, ..."""
    whom: str = ""
    """The one acted on: id, or a part of the name."""
    act: str = ""
    """An act, or the first word of several: `user` finds `user.accepted`."""
    address: str = ""
    """An address, or its beginning when it ends with a dot or colon."""
    since: datetime | None = None
    until: datetime | None = None


def find(
    search: AuditSearch, *, before: int | None = None, after: int | None = None
) -> AuditQuerySet:
    """Answer matching entries, newest first; `before` and `after` are numbers of rows."""
    found = AuditEntry.objects.order_by("-pk")
    if search.about:
        found = found.about(search.about)
    if search.who:
        found = found.filter(_party(search.who, "actor"))
    if search.whom:
        found = found.filter(_party(search.whom, "subject"))
    if search.act:
        found = found.filter(Q(act=search.act) | Q(act__startswith=search.act.rstrip(".") + "."))
    if search.address:
        found = found.filter(_address(search.address))
    return _within(found, search, before, after)


def _within(
    found: AuditQuerySet, search: AuditSearch, before: int | None, after: int | None
) -> AuditQuerySet:
    if search.since:
        found = found.filter(at__gte=search.since)
    if search.until:
        found = found.filter(at__lte=search.until)
    if before is not None:
        found = found.filter(pk__lt=before)
    if after is not None:
        found = found.filter(pk__gt=after)
    return found


def acts() -> list[str]:
    """List the acts that were ever recorded."""
    return sorted(AuditEntry.objects.values_list("act", flat=True).distinct())


def _party(text: str, field: str) -> Q:
    """Match an id or a name as it is, or the users whose address holds the text."""
    people = User.objects.filter(username__contains=text.lower())
    ids = list(people.values_list("uuid", flat=True)[:MOST_PEOPLE])
    named = Q(**{f"{field}_name__iexact": text})
    return Q(**{f"{field}__in": [text, *ids]}) | named


def _address(text: str) -> Q:
    if text.endswith((".", ":")):
        return Q(address__startswith=text)
    return Q(address=text)
