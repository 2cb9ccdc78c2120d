"""What accounts there are and what each holds, for operators. Spec: object-storage 19.2."""

from collections import Counter

import msgspec
from django.db.models import F, Sum

from synnefo.kit.faults import ItemNotFound
from synnefo.pithos.models import Account, Cluster, Container, Group, Node, Version
from synnefo.pithos.usecases.containers import ACCOUNT_QUOTA


class Holdings(msgspec.Struct, frozen=True):
    """An account with the paths of its objects; `former` and `size` count former versions too."""

    account: str
    containers: list[str]
    objects: list[str]
    groups: list[str]
    former: int
    size: int


def accounts(*, is_duplicate: bool = False) -> list[str]:
    """List all accounts, or those whose names are equal but for upper and lower case."""
    names = list(Account.objects.order_by("name").values_list("name", flat=True))
    if not is_duplicate:
        return names
    times = Counter(name.casefold() for name in names)
    found = [name for name in names if times[name.casefold()] > 1]
    return sorted(found, key=lambda name: (name.casefold(), name))


def of_account(account: str) -> Holdings:
    """Tell what an account holds; ItemNotFound when there is no such account."""
    check_known(account)
    shown = Node.objects.filter(container__account=account, current__isnull=False)
    former = Version.objects.filter(node__container__account=account, cluster=Cluster.HISTORY)
    tallies = Container.objects.filter(account=account).aggregate(
        total=Sum(F("tally__size") + F("tally__history"))
    )
    boxes = Container.objects.filter(account=account).order_by("name")
    groups = Group.objects.filter(owner=account).order_by("name")
    rows = shown.order_by("container__name", "name").values_list("container__name", "name")
    return Holdings(
        account=account,
        containers=list(boxes.values_list("name", flat=True)),
        objects=[f"{container}/{name}" for container, name in rows],
        groups=list(groups.values_list("name", flat=True).distinct()),
        former=former.count(),
        size=tallies["total"] or 0,
    )


def check_known(account: str) -> None:
    """Refuse an account that was never used: ItemNotFound."""
    if not Account.objects.filter(name=account).exists():
        raise ItemNotFound(f"There is no account '{account}'.")


def local_quotas() -> dict[str, int]:
    """Tell the accounts that an operator limited here, and to how many bytes."""
    known = Account.objects.order_by("name").values_list("name", "metadata")
    told = ((name, metadata.get(ACCOUNT_QUOTA, "")) for name, metadata in known.iterator())
    return {name: int(quota) for name, quota in told if quota}
