"""Accounts: counted, described, grouped, listed. Spec: object-storage 5."""

from collections.abc import Mapping

import msgspec
from django.db import transaction
from django.db.models import Q

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Fault, Forbidden
from synnefo.kit.logs import get_logger
from synnefo.kit.units import is_number
from synnefo.pithos.domain import metadata
from synnefo.pithos.domain.listings import Listing
from synnefo.pithos.domain.metadata import Metadata
from synnefo.pithos.engines import quota
from synnefo.pithos.models import Account, Container, Grant, Group, Public
from synnefo.pithos.models.sharing import holders
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases.containers import ACCOUNT_QUOTA, Totals, is_shared_with, touch_account
from synnefo.pithos.usecases.found import microseconds
from synnefo.pithos.usecases.visitors import refuse_others, sees
from synnefo.serve.http.auth import Caller

log = get_logger(__name__)
DB = "pithos"
MAX_GROUP_NAME = 256


class Overview(msgspec.Struct, frozen=True):
    """An account with what it holds; `changed` in microseconds since 1970."""

    name: str
    metadata: Metadata
    groups: dict[str, list[str]]
    containers: int
    objects: int
    size: int
    changed: int


def overview(caller: Caller, account: str) -> Overview:
    """Tell about an account; others than its owner see only that it is there."""
    if not sees(caller, account) and not is_shared_with(caller, account):
        raise Forbidden("Nothing in this account is shared with you.")
    row = Account.objects.filter(name=account).first()
    if row is None:
        touch_account(account)
        row = Account.objects.get(name=account)
    found = [known_totals(c) for c in Container.objects.filter(account=account).with_totals()]
    return Overview(
        name=account,
        metadata=row.metadata,
        groups=groups_of(account),
        containers=len(found),
        objects=sum(one.count for one in found),
        size=sum(one.size for one in found),
        changed=max([row.modified, *(one.changed for one in found)]),
    )


def container_ids(account: str) -> list[int]:
    """Answer the numbers of an account's containers."""
    return list(Container.objects.filter(account=account).values_list("pk", flat=True))


def limits(account: str) -> dict[str, int]:
    """Tell how much an account may store in each project; nothing when nobody can say."""
    try:
        known = quota.service().service_get_quotas([account]).get(account, {})
    except Fault as fault:
        log.warning("quota-unknown", account=account, why=fault.message)
        return {}
    return {
        project: standing[quota.RESOURCE].limit
        for project, standing in known.items()
        if quota.RESOURCE in standing
    }


def known_totals(row: Container) -> Totals:
    """Read a container's totals that came with it."""
    known = row.__dict__
    changed = max(row.modified, known["changed"])
    return Totals(row, known["objects_total"], known["bytes_total"], changed)


def groups_of(account: str) -> dict[str, list[str]]:
    """Answer an account's groups with their members."""
    found: dict[str, list[str]] = {}
    rows = Group.objects.filter(owner=account).order_by("name", "member")
    for name, member in rows.values_list("name", "member"):
        found.setdefault(name, []).append(member)
    return found


def containers(
    caller: Caller, account: str, listing: Listing, *, shared: bool = False, public: bool = False
) -> list[Totals]:
    """List an account's containers that the caller may look into."""
    rows = Container.objects.filter(account=account, name__startswith=listing.prefix)
    if not sees(caller, account):
        rows = rows.filter(pk__in=_shared_with(caller))
    elif shared or public:
        rows = rows.filter(_picked(shared=shared, public=public))
    if listing.marker:
        after = Q(name__lt=listing.marker) if listing.reverse else Q(name__gt=listing.marker)
        rows = rows.filter(after)
    if listing.end_marker:
        end = listing.end_marker
        rows = rows.filter(Q(name__gt=end) if listing.reverse else Q(name__lt=end))
    order = "-name" if listing.reverse else "name"
    return [known_totals(row) for row in rows.with_totals().order_by(order)[: listing.limit]]


def _shared_with(caller: Caller) -> set[int]:
    rows = Grant.objects.filter(holder__in=holders(caller.user_id), node__current__isnull=False)
    return set(rows.values_list("node__container_id", flat=True))


def _picked(*, shared: bool, public: bool) -> Q:
    picked = Q(pk__in=[])
    if shared:
        picked |= Q(pk__in=Grant.objects.values("node__container_id"))
    if public:
        picked |= Q(pk__in=Public.objects.values("node__container_id"))
    return picked


def sharing_with(caller: Caller, listing: Listing) -> list[str]:
    """List the other accounts in which something is shared with the caller."""
    rows = Grant.objects.filter(holder__in=holders(caller.user_id), node__current__isnull=False)
    names = rows.exclude(node__container__account=caller.user_id)
    names = names.filter(node__container__account__gt=listing.marker)
    found = names.values_list("node__container__account", flat=True).distinct()
    return sorted(found)[: listing.limit]


def update(
    caller: Caller, account: str, wanted: Metadata, groups: Mapping[str, str], *, is_merge: bool
) -> None:
    """Change an account's metadata and groups."""
    refuse_others(caller, account)
    limit = conf.of(PithosSettings).pithos_resource_max_metadata
    members = {name.lower(): _members(name, text) for name, text in groups.items()}
    with transaction.atomic(using=DB):
        touch_account(account)
        row = Account.objects.select_for_update().get(name=account)
        fixed = {key: row.metadata[key] for key in (ACCOUNT_QUOTA,) if key in row.metadata}
        old = row.metadata if is_merge else fixed
        row.metadata = metadata.checked(metadata.merged(old, wanted), limit)
        row.modified = microseconds()
        row.save()
        if members:
            _set_groups(account, members, is_merge=is_merge)


def set_quota(caller: Caller, account: str, text: str) -> None:
    """Limit what an account may hold; an operator's word, empty for no limit.

    Spec: openstack-api 10.1.
    """
    if not caller.is_admin:
        raise Forbidden("Only operators may limit an account.")
    if text and not is_number(text):
        raise BadRequest("A quota is a whole number of bytes, or empty for none.")
    with transaction.atomic(using=DB):
        touch_account(account)
        row = Account.objects.select_for_update().get(name=account)
        row.metadata = metadata.merged(row.metadata, {ACCOUNT_QUOTA: text})
        row.save()
        Container.objects.filter(account=account).update(account_quota=int(text or 0))


def _members(name: str, text: str) -> list[str]:
    most = conf.of(PithosSettings).pithos_acc_max_group_members
    if "-" in name or "_" in name or len(name) > MAX_GROUP_NAME:
        raise BadRequest("A group's name has at most 256 characters and neither '-' nor '_'.")
    found = list(dict.fromkeys(one for one in text.replace(" ", "").split(",") if one))
    if len(found) > most or any(len(one) > MAX_GROUP_NAME for one in found):
        raise BadRequest(f"A group has at most {most} members, each of at most 256 characters.")
    return found


def _set_groups(account: str, members: Mapping[str, list[str]], *, is_merge: bool) -> None:
    rows = Group.objects.filter(owner=account)
    (rows.filter(name__in=members) if is_merge else rows).delete()
    Group.objects.bulk_create(
        Group(owner=account, name=name, member=member)
        for name, known in members.items()
        for member in known
    )
    most = conf.of(PithosSettings).pithos_acc_max_groups
    if rows.values("name").distinct().count() > most:
        raise BadRequest(f"An account has at most {most} groups.")
