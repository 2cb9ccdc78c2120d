"""The audit log: recorded with the act, sealed in order, verified. See docs/guides/audit.md.

An entry is written in the transaction of its act and costs one insert: no lock, no waiting for
others. A sweep seals what was committed into a chain of digests; sealers line up, acts do not.
"""

from collections.abc import Iterator

import msgspec
from django.db import models, transaction

from synnefo.astakos.domain import audit
from synnefo.astakos.domain.audit import Broken
from synnefo.astakos.models import DATABASE, AuditEntry, AuditHead, rows
from synnefo.kit.logs import get_logger
from synnefo.serve import origin
from synnefo.serve.http.auth import Caller

log = get_logger(__name__)

BATCH = 1000

Party = models.Model | Caller | str | None
"""Who acts or is acted on: a user, a project, a group, ...; a text is an id as it is."""


class Reference(msgspec.Struct, frozen=True):
    """One party of an act, as it is kept: its id, kind and the name it had then."""

    id: str = ""
    kind: str = ""
    name: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """What checking the chain found: how long it is, its end, and where it breaks if it does."""

    entries: int
    head: str
    waiting: int
    broken: Broken | None = None


def record(
    act: str,
    *,
    actor: Party = None,
    subject: Party | Reference = None,
    address: str = "",
    **facts: object,
) -> AuditEntry:
    """Write down that something was done, in the caller's transaction, so both last or neither.

    `act` is `noun.verb-in-the-past`, such as `user.accepted`. Who acts and from where default to
    the running request or command. `facts` must hold no secret. To keep a refusal, record it
    outside the transaction that the refusal rolls back.
    """
    here = origin.current()
    who = _reference(actor) if actor is not None else Reference(here.actor, "", here.actor_name)
    whom = _reference(subject)
    entry = AuditEntry(
        act=audit.clean(act, 64),
        actor=audit.clean(who.id),
        actor_name=audit.clean(who.name),
        subject=audit.clean(whom.id),
        subject_kind=audit.clean(whom.kind, 40),
        subject_name=audit.clean(whom.name),
        address=audit.clean(address or here.address, 64),
        agent=audit.clean(here.agent, 200),
        request_id=here.request_id,
        facts=audit.facts_text(facts),
    )
    rows.insert(entry)
    return entry


def seal(limit: int = BATCH) -> int:
    """Give the entries that were committed since their places in the chain; answer how many.

    May be called by several at once: they line up at the head's row.
    """
    if not AuditEntry.objects.unsealed().exists():
        return 0
    with transaction.atomic(using=DATABASE):
        head = _head()
        waiting = list(AuditEntry.objects.unsealed()[:limit])
        for entry in waiting:
            head.number += 1
            head.digest = audit.digest(head.digest, head.number, entry.content)
            entry.number, entry.digest = head.number, head.digest
        AuditEntry.objects.bulk_update(waiting, ["number", "digest"], batch_size=200)
        head.save()
    if waiting:
        log.info("audit-sealed", number=head.number, digest=head.digest, entries=len(waiting))
    return len(waiting)


def seal_all() -> int:
    """Seal until nothing waits; answer how many entries that were."""
    sealed = 0
    while count := seal():
        sealed += count
    return sealed


def verify(noted: str = "") -> Verdict:
    """Check every link, the head, and the head that somebody noted earlier (`NUMBER:DIGEST`)."""
    head = AuditHead.objects.first() or AuditHead()
    links = AuditEntry.objects.sealed().filter(number__lte=head.number)
    broken = audit.check(entry.link for entry in links.iterator(BATCH))
    if broken is None:
        broken = _check_end(head) or _check_noted(noted)
    waiting = AuditEntry.objects.unsealed().count()
    return Verdict(head.number, f"{head.number}:{head.digest}", waiting, broken)


def export(*, first: int = 1) -> Iterator[dict[str, object]]:
    """Answer the sealed entries from a number on, each with what its digest was made of."""
    for entry in AuditEntry.objects.sealed().filter(number__gte=first).iterator(BATCH):
        yield {"number": entry.number, "digest": entry.digest, "content": entry.content}


def _head() -> AuditHead:
    AuditHead.objects.get_or_create(pk=1)
    return AuditHead.objects.select_for_update().get(pk=1)


def _check_end(head: AuditHead) -> Broken | None:
    last = AuditEntry.objects.sealed().filter(number__lte=head.number).last()
    found = (last.number, last.digest) if last is not None else (0, audit.FIRST)
    if found != (head.number, head.digest):
        return Broken(head.number, f"the chain should end with entry {head.number}")
    return None


def _check_noted(noted: str) -> Broken | None:
    if not noted:
        return None
    number, _, digest = noted.partition(":")
    found = AuditEntry.objects.filter(number=int(number) if number.isdigit() else -1).first()
    if found is None or found.digest != digest:
        return Broken(int(number) if number.isdigit() else 0, f"{noted} is not in the chain")
    return None


def _reference(party: "Party | Reference") -> Reference:
    if party is None:
        return Reference()
    if isinstance(party, Reference):
        return party
    if isinstance(party, str):
        return Reference(party)
    if isinstance(party, Caller):
        return Reference(party.user_id, "user", party.user_name)
    kind = party._meta.model_name or ""
    return Reference(str(getattr(party, "uuid", party.pk)), kind, _name_of(party))


def _name_of(thing: models.Model) -> str:
    names = (getattr(thing, field, "") for field in ("email", "realname", "name"))
    return next((str(name) for name in names if name), "")
