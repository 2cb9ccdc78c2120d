"""Setting the quota of like-named containers of many accounts. Spec: object-storage 19.2."""

import msgspec
from django.db import transaction

from synnefo.kit.faults import BadRequest
from synnefo.kit.units import is_number
from synnefo.pithos.models import Account, Container
from synnefo.pithos.usecases import holdings
from synnefo.pithos.usecases.found import DB, container_of, microseconds

MOST = 2**63 - 1


class Limited(msgspec.Struct, frozen=True):
    """Accounts whose container got the quota, and those that have no such container."""

    done: list[str]
    failed: list[str]


def set_quota(container: str, text: str, *, account: str = "", dry_run: bool = False) -> Limited:
    """Set a container's quota in one account or in all; 0 is no limit.

    BadRequest for what is no number of bytes. ItemNotFound when the one account, or its
    container, is not there.
    """
    if not is_number(text) or int(text) > MOST:
        raise BadRequest("A quota is a whole number of bytes, 0 for no limit.")
    if account:
        holdings.check_known(account)
        container_of(account, container)
    rows = Container.objects.filter(name=container)
    wanted = rows.filter(account=account) if account else rows
    with transaction.atomic(using=DB):
        done = sorted(wanted.select_for_update().values_list("account", flat=True))
        if not dry_run:
            wanted.filter(account__in=done).update(quota=int(text), modified=microseconds())
    names = [account] if account else Account.objects.values_list("name", flat=True)
    return Limited(done, sorted(set(names) - set(done)))
