"""Containers: made, described, counted, removed. Spec: object-storage 6."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db import IntegrityError, connections, transaction
from django.db.models import ProtectedError

from synnefo.kit import conf
from synnefo.kit.faults import Conflict, Forbidden
from synnefo.pithos.domain import metadata, policies
from synnefo.pithos.domain.metadata import Metadata
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.policies import Policy, Versioning
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.models import Account, Container, Grant, Node, Tally, Version
from synnefo.pithos.models.containers import STRIPES
from synnefo.pithos.models.sharing import holders
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases.allowances import charged, settle_if_much, settle_now, spend
from synnefo.pithos.usecases.found import container_of, microseconds
from synnefo.pithos.usecases.versions import locked
from synnefo.pithos.usecases.visitors import refuse_others, right_in
from synnefo.serve.http.auth import Caller

DB = "pithos"
ACCOUNT_QUOTA = "X-Account-Meta-Quota-Bytes"
"""An operator's word on how much an account may hold, kept among its metadata."""


class Order(msgspec.Struct, frozen=True):
    """What a container is to be: its policy headers and its metadata."""

    policy: Mapping[str, str]
    metadata: Metadata
    is_merge: bool = True
    access: Mapping[str, str] = {}
    """Who may read and write all of it; empty lists let nobody in any more."""
    quota_count: int | None = None
    archive: str | None = None

    @property
    def says_something(self) -> bool:
        """Tell whether anything is asked for."""
        is_ruled = self.access or self.quota_count is not None or self.archive is not None
        return bool(self.policy or self.metadata or is_ruled)


class Totals(msgspec.Struct, frozen=True):
    """A container with what it holds; `changed` in microseconds since 1970."""

    container: Container
    count: int
    size: int
    changed: int


def defaults(account: str, project: str = "") -> Policy:
    """Tell the policy of a new container."""
    settings = conf.of(PithosSettings)
    versioning = Versioning(settings.pithos_backend_versioning)
    return Policy(settings.pithos_backend_container_quota, versioning, project or account)


def visible(caller: Caller, account: str, name: str) -> Totals:
    """Find a container that the caller may look into."""
    right = right_in(caller, account, name, is_listing=True)
    if right < Right.READ and not is_shared_with(caller, account, name):
        raise Forbidden("Nothing here is shared with you.")
    return totals(container_of(account, name))


def is_shared_with(caller: Caller, account: str, name: str = "") -> bool:
    """Tell whether anything in an account or container is shared with a caller."""
    rows = Grant.objects.filter(
        holder__in=holders(caller.user_id),
        node__container__account=account,
        node__current__isnull=False,
    )
    return rows.filter(node__container__name=name).exists() if name else rows.exists()


def totals(container: Container) -> Totals:
    """Count what a container holds."""
    row = Container.objects.with_totals().get(pk=container.pk)
    known = row.__dict__
    changed = max(row.modified, known["changed"])
    return Totals(row, known["objects_total"], known["bytes_total"], changed)


def put(caller: Caller, account: str, name: str, order: Order) -> bool:
    """Make a container, or change one that is there; true when it is new."""
    refuse_others(caller, account)
    project = caller.project_id or account
    with transaction.atomic(using=DB):
        touch_account(account)
        policy = policies.changed(defaults(account, project), order.policy, defaults(account))
        container, is_new = Container.objects.get_or_create(
            account=account,
            name=name,
            defaults={
                "quota": policy.quota,
                "versioning": policy.versioning,
                "project": policy.project,
                "metadata": _checked(metadata.kept(order.metadata)),
                "modified": microseconds(),
                "rules": metadata.kept(order.access),
                "quota_count": order.quota_count or 0,
                "archive": order.archive or "",
                "account_quota": account_quota(account),
            },
        )
        if is_new:
            Tally.objects.bulk_create(Tally(container=container, stripe=n) for n in range(STRIPES))
            return True
    if order.says_something:
        update(caller, account, name, msgspec.structs.replace(order, is_merge=True))
    return False


def _checked(found: Metadata) -> Metadata:
    return metadata.checked(found, conf.of(PithosSettings).pithos_resource_max_metadata)


def update(caller: Caller, account: str, name: str, order: Order) -> None:
    """Change a container's policy and metadata, and who is charged for what it holds."""
    refuse_others(caller, account)
    project = charged(lambda: _update(account, name, order))
    if project:
        settle_if_much(account, project)


def _update(account: str, name: str, order: Order) -> str:
    found = container_of(account, name)
    container = Container.objects.select_for_update().get(pk=found.pk)
    old, standard = container.policy, defaults(account)
    if order.policy:
        change = policies.changed if order.is_merge else policies.replaced
        new = change(old, order.policy, standard)
        container.quota, container.versioning = new.quota, new.versioning
        container.project = new.project
    if order.is_merge:
        container.metadata = metadata.merged(container.metadata, order.metadata)
    else:
        container.metadata = metadata.kept(order.metadata)
    _rule(container, order)
    _checked(container.metadata)
    container.modified = microseconds()
    container.save()
    if container.project == old.project:
        return ""
    _reassign(container, old.project)
    return old.project


def _rule(container: Container, order: Order) -> None:
    """Set who may enter, how many objects fit, and where former ones go."""
    container.rules = metadata.merged(container.rules, order.access)
    if order.quota_count is not None:
        container.quota_count = order.quota_count
    if order.archive is not None:
        container.archive = order.archive


def set_rules(caller: Caller, account: str, name: str, changes: Mapping[str, Any]) -> None:
    """Lay rules over a container's; None removes one."""
    refuse_others(caller, account)
    with transaction.atomic(using=DB):
        container = Container.objects.select_for_update().get(pk=container_of(account, name).pk)
        rules = {**container.rules, **changes}
        container.rules = {key: value for key, value in rules.items() if value not in (None, "")}
        container.save(update_fields=["rules"])


def account_quota(account: str) -> int:
    """Tell how many bytes an operator lets an account hold, 0 for no limit."""
    known = Account.objects.filter(name=account).values_list("metadata", flat=True).first()
    return int((known or {}).get(ACCOUNT_QUOTA, 0))


def metadata_names(container: Container) -> list[str]:
    """Name every kind of metadata that current objects carry. Spec: object-storage 6.1."""
    if not container.is_shared and not Node.objects.filter(container=container).exists():
        return []
    kind = "key" if connections[DB].vendor == "sqlite" else "key.key"
    each = (
        "json_each(v.metadata)" if kind == "key" else "jsonb_object_keys(v.metadata) AS key(key)"
    )
    sql = (
        f"SELECT DISTINCT {kind} FROM pithos_node n "  # noqa: S608 - no value is pasted in
        f"JOIN pithos_version v ON v.serial = n.current_id CROSS JOIN {each} "
        "WHERE n.container_id = %s ORDER BY 1"
    )
    with connections[DB].cursor() as cursor:
        cursor.execute(sql, [container.pk])
        return [str(row[0]) for row in cursor.fetchall()]


def _reassign(container: Container, old_project: str) -> None:
    """Move the charge of everything in a container. Spec: object-storage 16.4."""
    rows = Tally.objects.select_for_update().filter(container=container)
    is_free = conf.of(PithosSettings).pithos_backend_free_versioning
    used = sum(
        size + (0 if is_free else past) for size, past in rows.values_list("size", "history")
    )
    spend(container.account, old_project, -used)
    spend(container.account, container.project, used)


def delete(caller: Caller, account: str, name: str) -> None:
    """Remove an empty container and its history; Conflict when something is in it."""
    refuse_others(caller, account)
    try:
        project = charged(lambda: _delete(account, name))
    except (IntegrityError, ProtectedError) as error:
        raise Conflict("Something was just written to the container; it stays.") from error
    settle_now(account, project)


def _delete(account: str, name: str) -> str:
    found = container_of(account, name)
    container = Container.objects.select_for_update().get(pk=found.pk)
    nodes = Node.objects.filter(container=container)
    for old in nodes.filter(current__expires__lte=microseconds()):
        locked(Place(account, container.name, old.name))
    if nodes.filter(current__isnull=False).exists():
        raise Conflict(
            "There was a conflict when trying to complete your request. "
            "The container is not empty: delete what is in it first."
        )
    if not conf.of(PithosSettings).pithos_backend_free_versioning:
        history = sum(Tally.objects.filter(container=container).values_list("history", flat=True))
        spend(account, container.project, -history)
    Version.objects.filter(node__in=nodes, node__current__isnull=True).delete()
    nodes.filter(current__isnull=True).delete()
    container.delete()
    touch_account(account)
    return container.project


def touch_account(account: str) -> None:
    """Note that an account changed, making it if this is its first use."""
    now = microseconds()
    changed = Account.objects.filter(name=account).update(modified=now)
    if not changed:
        Account.objects.bulk_create([Account(name=account, modified=now)], ignore_conflicts=True)
