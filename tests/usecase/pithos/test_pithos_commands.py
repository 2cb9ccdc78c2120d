"""The operators' commands."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from synnefo.pithos.domain.places import Place
from synnefo.pithos.usecases import containers, objects, reconciliation
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.found import look
from synnefo.pithos.usecases.objects import Wish
from tests.support.pithos import MemoryQuota, a_body, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"])
ADA = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(autouse=True)
def stored() -> None:
    containers.put(a_caller(ADA), ADA, "c", Order({}, {}))
    objects.put(a_caller(ADA), Place(ADA, "c", "a"), a_body(b"x" * 10), Wish())


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_file_show_finds_by_place_and_by_uuid() -> None:
    state = look(Place(ADA, "c", "a")).object
    by_place = json.loads(run("file_show", ADA, "c", "a", "--hashmap", "--output-format", "json"))
    by_uuid = json.loads(run("file_show", state.uuid, "--output-format", "json"))
    assert by_place["uuid"] == by_uuid["uuid"] == state.uuid
    assert by_place["hashmap"] == [state.hash]
    with pytest.raises(CommandError, match="not a uuid"):
        run("file_show", "nonsense")
    with pytest.raises(CommandError, match="no object"):
        run("file_show", ADA, "c", "missing")


def test_pending_commissions_are_shown_and_settled(ledger: MemoryQuota) -> None:
    lost = ledger.issue_commission([])
    assert str(lost) in run("reconcile_commissions_pithos")
    assert f"Rejected: 1, {lost}" in run("reconcile_commissions_pithos", "--fix")
    assert "No unresolved" in run("reconcile_commissions_pithos")
    assert ledger.used_by(ADA) == 10


def test_differences_are_shown_and_corrected(ledger: MemoryQuota) -> None:
    assert "in sync" in run("reconcile_resources_pithos")
    ledger.usage[f"user:{ADA}", f"project:{ADA}"] = 99
    assert "99" in run("reconcile_resources_pithos", "--fix")
    assert ledger.used_by(ADA) == 10
    assert reconciliation.differences(None, None) == []


def test_exports_tell_the_services_and_the_resource() -> None:
    services = json.loads(run("service_export_pithos"))
    endpoint = services["pithos_object-store"]["endpoints"][0]["publicURL"]
    assert endpoint.endswith("/pithos/object-store/v1")
    assert services["swift"]["endpoints"][0]["publicURL"].endswith("/v1/AUTH_%(project_id)s")
    assert json.loads(run("resource_export_pithos"))[0]["name"] == "pithos.diskspace"


def test_garbage_is_counted_and_removed() -> None:
    assert "0 blocks were looked at" in run("pithos_gc", "--grace", "0")
    assert "0 objects were deleted" in run("pithos_expire")
