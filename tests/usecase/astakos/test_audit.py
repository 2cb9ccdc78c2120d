"""The audit log: kept with the act, sealed in order, and any change to it found."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connections, transaction

from synnefo.astakos.domain import audit as chain
from synnefo.astakos.models import DATABASE, AuditEntry, AuditHead
from synnefo.astakos.usecases import audit, audit_guard
from synnefo.serve import origin
from tests.support.astakos import a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)


def test_an_entry_lasts_only_if_its_act_does() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=DATABASE):
        audit.record("thing.broken")
        _ = 1 / 0
    with transaction.atomic(using=DATABASE):
        audit.record("thing.made", subject="a-thing", colour="blue")
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.subject, entry.more) == ("thing.made", "a-thing", {"colour": "blue"})


def test_an_entry_knows_the_request_it_came_from() -> None:
    user = a_user()
    AuditEntry.objects.all().delete()
    here = origin.Origin(actor="u-1", actor_name="op@example.org", address="192.0.2.7", agent="x")
    with origin.coming_from(here):
        audit.record("user.greeted", subject=user)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.address) == ("u-1", "192.0.2.7")
    assert (entry.subject, entry.subject_kind) == (user.uuid, "user")
    assert entry.subject_name == user.email


def test_what_no_database_keeps_is_cleaned() -> None:
    audit.record("x" * 200, subject="a\x00b\ud800", address="1" * 200, note="a\x00b\ud800")
    audit.seal_all()
    assert audit.verify().broken is None
    assert AuditEntry.objects.get().more == {"note": "ab\ud800"}


def _many(count: int = 5) -> None:
    for number in range(count):
        audit.record("thing.made", subject=str(number), size=number, name="Ωμέγα")
    audit.seal_all()


def test_a_whole_chain_verifies_against_a_noted_head() -> None:
    _many(3)
    noted = audit.verify().head
    _many(3)
    found = audit.verify(noted)
    assert (found.entries, found.waiting, found.broken) == (6, 0, None)
    assert audit.verify("2:" + "0" * 64).broken is not None
    assert audit.verify("nonsense").broken is not None


@pytest.mark.parametrize("field", ["actor", "subject_name", "act", "facts", "address", "digest"])
def test_a_changed_entry_is_found(field: str) -> None:
    _many()
    AuditEntry.objects.filter(number=3).update(**{field: "forged"})
    broken = audit.verify().broken
    assert broken is not None and broken.number == 3


def test_a_missing_entry_is_found_even_at_the_end() -> None:
    _many()
    AuditEntry.objects.filter(number=5).delete()
    assert audit.verify().broken is not None
    AuditEntry.objects.filter(number=2).delete()
    broken = audit.verify().broken
    assert broken is not None and broken.number == 2


def test_a_chain_cut_and_its_head_set_back_is_found_by_a_noted_head() -> None:
    _many()
    noted = audit.verify().head
    AuditEntry.objects.filter(number=5).delete()
    last = AuditEntry.objects.get(number=4)
    AuditHead.objects.update(number=4, digest=last.digest)
    assert audit.verify().broken is None
    assert audit.verify(noted).broken is not None


def test_an_export_can_be_checked_without_the_database() -> None:
    _many()
    lines = [json.dumps(row) for row in audit.export()]
    links = [chain.Link(**json.loads(line)) for line in lines]
    assert chain.check(links) is None
    forged = [*links[:2], chain.Link(3, links[2].content + " ", links[2].digest), *links[3:]]
    broken = chain.check(forged)
    assert broken is not None and broken.number == 3


def test_many_writers_and_sealers_at_once_make_one_unbroken_chain() -> None:
    writers, each = 6, 20

    def work(number: int) -> None:
        try:
            for count in range(each):
                with transaction.atomic(using=DATABASE):
                    audit.record("thing.made", subject=f"{number}.{count}")
                if count % 5 == 0:
                    audit.seal(7)
        finally:
            connections[DATABASE].close()

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(work, range(writers)))
    audit.seal_all()
    found = audit.verify()
    assert (found.entries, found.waiting, found.broken) == (writers * each, 0, None)


@pytest.fixture
def _guarded() -> Iterator[None]:
    """Put the triggers in place for one test."""
    audit_guard.install()
    audit_guard.install()
    yield
    audit_guard.lift()


@pytest.mark.usefixtures("_guarded")
def test_the_database_itself_refuses_to_change_or_delete_entries() -> None:
    entry = audit.record("thing.made", subject="x")
    for is_sealed in (False, True):
        with pytest.raises(DatabaseError, match="never changed"):
            AuditEntry.objects.filter(pk=entry.pk).update(subject="forged")
        with pytest.raises(DatabaseError, match="never changed"):
            AuditEntry.objects.filter(pk=entry.pk).delete()
        if not is_sealed:
            assert audit.seal_all() == 1
    with pytest.raises(DatabaseError, match="never changed"):
        AuditEntry.objects.filter(pk=entry.pk).update(number=None)
    assert audit.verify().broken is None
