"""Rows read and written by hand-written statements are those that the ORM knows."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from synnefo.cyclades.models import Diagnostic, Flavor, QueuedErrand, Server, ServerTag
from synnefo.kit import clock, ids
from synnefo.serve.rows import insert, read
from tests.support.compute import a_flavor

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)


def a_row(name: str = "web", **other: object) -> Server:
    moment = clock.now()
    size = 1 + Flavor.objects.count()
    return Server(
        uuid=ids.new_uuid(),
        name=name,
        userid="ada",
        project="ada",
        flavor=a_flavor(cpu=size),
        imageid="an-image",
        metadata={"role": "dβ"},
        created=moment,
        updated=moment,
        backendtime=moment - timedelta(days=1),
        **other,
    )


def test_what_is_read_is_what_the_orm_reads() -> None:
    flavor = a_flavor()
    flavor.specs = {"size": "small"}
    flavor.save()
    (found,) = read(Flavor, "WHERE t.id = %s", [flavor.id], beside=("volume_type",))
    known = Flavor.objects.select_related("volume_type").get(id=flavor.id)
    assert found == known
    assert (found.specs, found.public, found.ram) == (known.specs, known.public, known.ram)
    assert found.volume_type.name == known.volume_type.name
    assert read(Flavor, "WHERE t.id = 0") == []


def test_a_row_and_what_belongs_to_it_are_written_together() -> None:
    server = a_row(fault={"level": "ERROR"})
    moment = clock.now()
    insert(
        server,
        lambda: [
            ServerTag(server=server, tag="a"),
            ServerTag(server=server, tag="b"),
            Diagnostic(server=server, level="INFO", source="test", message="%", created=moment),
            QueuedErrand(
                name="x", arguments={"id": server.id}, ready_at=moment, created_at=moment
            ),
        ],
    )
    kept = Server.objects.get(id=server.id)
    for field in Server._meta.concrete_fields:
        assert getattr(kept, field.attname) == getattr(server, field.attname), field.name
    assert [tag.tag for tag in kept.tags.order_by("tag")] == ["a", "b"]
    assert Diagnostic.objects.get(server=server).message == "%"
    assert QueuedErrand.objects.get().arguments == {"id": server.id}
    kept.name = "renamed"
    server.name = "renamed as well"
    server.save()
    assert Server.objects.count() == 1


def test_nothing_is_written_when_one_row_is_refused() -> None:
    server = a_row()
    tags = [ServerTag(server=server, tag="a"), ServerTag(server=server, tag="a")]
    with pytest.raises(IntegrityError):
        insert(server, lambda: tags)
    assert not Server.objects.exists()


def test_what_is_written_goes_with_the_transaction_around_it() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="cyclades"):
        insert(a_row(), list)
        1 / 0  # noqa: B018 - the transaction fails
    assert not Server.objects.exists()
    insert(a_row("first"), list)
    insert(a_row("second"), list)
    assert sorted(Server.objects.values_list("name", flat=True)) == ["first", "second"]
