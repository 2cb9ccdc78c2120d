"""Doing what the rules of containers say about old objects. Spec: object-storage 18.2."""

import msgspec
from django.db.models import Exists, OuterRef

from synnefo.kit.faults import ItemNotFound
from synnefo.kit.logs import get_logger
from synnefo.pithos.domain.lifecycles import Rule
from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import Cluster, Container, Version
from synnefo.pithos.usecases import objects, version_removal
from synnefo.pithos.usecases.found import microseconds
from synnefo.serve.http.auth import Caller

log = get_logger(__name__)
KEY = "lifecycle"
SEGMENTS = "+segments"
"""What a container is called, after its bucket's name, that holds the parts of uploads."""
AT_ONCE = 1000


def rules_of(container: Container) -> list[Rule]:
    """Read a container's rules."""
    return msgspec.convert(container.rules.get(KEY, []), list[Rule])


def apply_all(now: int = 0) -> int:
    """Apply the rules of all containers; count what was deleted."""
    moment, gone = now or microseconds(), 0
    for container in Container.objects.filter(rules__has_key=KEY):
        for rule in rules_of(container):
            if rule.is_on:
                gone += _apply(container, rule, moment)
    if gone:
        log.info("lifecycle-applied", objects=gone)
    return gone


def _apply(container: Container, rule: Rule, now: int) -> int:
    gone = 0
    if limit := rule.ends_before(now):
        gone += _delete(container, rule.prefix, limit)
    if limit := rule.former_ends_before(now):
        gone += _drop_former(container, rule.prefix, limit)
    if limit := rule.upload_ends_before(now):
        rows = Container.objects.filter(account=container.account, name=container.name + SEGMENTS)
        gone += sum(_give_up(box, rule.prefix, limit) for box in rows)
    return gone


def _delete(container: Container, prefix: str, limit: int) -> int:
    rows = Version.objects.filter(
        cluster=Cluster.NORMAL,
        node__container=container,
        node__name__startswith=prefix,
        modified__lt=limit,
    )
    names = list(rows.values_list("node__name", flat=True)[:AT_ONCE])
    return sum(_gone(container, name) for name in names)


def _gone(container: Container, name: str) -> bool:
    owner = Caller(user_id=container.account)
    try:
        objects.delete(owner, Place(container.account, container.name, name))
    except ItemNotFound:
        return False
    return True


def _drop_former(container: Container, prefix: str, limit: int) -> int:
    """Drop versions that were replaced or deleted long enough ago."""
    newer = Version.objects.filter(
        node_id=OuterRef("node_id"), serial__gt=OuterRef("serial"), modified__lt=limit
    )
    rows = Version.objects.filter(
        Exists(newer),
        cluster=Cluster.HISTORY,
        node__container=container,
        node__name__startswith=prefix,
    )
    owner, gone = Caller(user_id=container.account), 0
    for name, serial in list(rows.values_list("node__name", "serial")[:AT_ONCE]):
        place = Place(container.account, container.name, name)
        try:
            version_removal.drop(owner, place, str(serial))
        except ItemNotFound:
            continue
        gone += 1
    return gone


def _give_up(box: Container, prefix: str, limit: int) -> int:
    """Give uploads in parts up that were begun long ago; their parts go with them."""
    rows = Version.objects.filter(
        cluster=Cluster.NORMAL, node__container=box, node__name__startswith=prefix, size=0
    )
    begun = rows.filter(modified__lt=limit).values_list("node__name", flat=True)[:AT_ONCE]
    names = [name for name in begun if len(name.rpartition("/")[2]) == 32]
    owner, gone = Caller(user_id=box.account), 0
    for name in names:
        place = Place(box.account, box.name, name)
        objects.delete(owner, place, is_folder=True)
        gone += 1
    return gone
