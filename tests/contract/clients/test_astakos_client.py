"""The client of Astakos against Astakos, in process; and quota as bricks use it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
import time_machine
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from synnefo.astakos.domain.definitions import ServiceDef
from synnefo.astakos.domain.projects import ProjectAction
from synnefo.astakos.domain.roles import ADMIN, STANDING
from synnefo.astakos.models import DATABASE, Commission
from synnefo.astakos.usecases import (
    domains,
    grants,
    project_states,
    registry,
    roles,
    tokens,
    users,
)
from synnefo.astakos.usecases.grants import Target
from synnefo.clients import http
from synnefo.clients.astakos import AstakosClient, QuotaExceeded
from synnefo.cyclades.models import QuotaHolderSerial
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import people
from synnefo.kit import clock, conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Conflict, ItemNotFound, ServiceUnavailable, Unauthorized
from synnefo.serve.http.nested import in_process
from synnefo.serve.http.remote_auth import RecentCallers, remote_authenticate
from synnefo.serve.quota import Ledger
from synnefo.wire.provisions import charge
from tests.support.astakos import (
    a_component,
    a_project,
    a_resource,
    a_token,
    a_user,
    usage,
)

pytestmark = pytest.mark.django_db(databases=[DATABASE, "cyclades"])
URL = "http://identity.test/astakos"
VM = "cyclades.vm"


@pytest.fixture
def client() -> Iterator[AstakosClient]:
    """Call Astakos as the component cyclades, which has one resource."""
    http.mount(URL, in_process(WSGIHandler()))
    _, token = a_component("cyclades")
    service = ServiceDef(
        name="cyclades_compute",
        type="compute",
        component="cyclades",
        prefix="compute",
        endpoints=[{"versionId": "v2.0"}, {"versionId": "v2.1"}],
    )
    registry.import_services([service])
    a_resource(VM, limit=5)
    yield AstakosClient(f"{URL}/identity/v2.0", token)
    http.unmount(URL)


class TestClient:
    """Every call."""

    def test_a_users_token_tells_who(self, client: AstakosClient) -> None:
        user = a_user("ada@example.org", admin=True)
        found = client.authenticate(a_token(user))
        assert (found.user_id, found.user_name) == (user.uuid, "ada@example.org")
        assert (found.project_id, found.is_admin, found.is_service) == (user.uuid, True, False)
        assert found.expires is not None
        assert found.expires > now()

    def test_who_administers_a_domain_is_no_administrator_of_services(
        self, client: AstakosClient
    ) -> None:
        user, project, domain = a_user(), a_project(), domains.create("Physics")
        roles.ensure()
        admin = roles.find(STANDING[ADMIN])
        grants.grant(admin, user, Target(domain_id=domain.pk))
        token = tokens.issue(user, tokens.Wish(None, domain_id=domain.pk)).id
        found = client.authenticate(token)
        assert (found.roles, found.domain_id) == (("admin", "member", "reader"), domain.pk)
        assert not found.is_admin
        grants.grant(admin, user, Target(project=project))
        token = tokens.issue(user, tokens.Wish(project)).id
        assert client.authenticate(token).is_admin

    def test_a_components_token_tells_that_it_is_a_service(self, client: AstakosClient) -> None:
        _, token = a_component("pithos")
        found = client.authenticate(token)
        assert (found.user_name, found.is_service, found.is_admin) == ("pithos", True, False)

    def test_a_wrong_token_is_refused(self, client: AstakosClient) -> None:
        for wrong in ("x" * 43, "ά".encode().decode("latin-1")):
            with pytest.raises(Unauthorized):
                client.authenticate(wrong)

    def test_the_catalogue_is_looked_up(self, client: AstakosClient) -> None:
        address = "http://127.0.0.1:8000/cyclades/compute"
        assert client.endpoint_url("compute") == f"{address}/v2.1"
        assert client.endpoint_url("compute", "v2.0") == f"{address}/v2.0"
        with pytest.raises(ItemNotFound):
            client.endpoint_url("nothing")

    def test_users_are_looked_up(self, client: AstakosClient) -> None:
        user = a_user("ada@example.org")
        assert client.usernames([user.uuid, "x"]) == {user.uuid: "ada@example.org"}
        assert client.uuids(["ada@example.org"]) == {"ada@example.org": user.uuid}
        mine = client.catalogs([user.uuid], user_token=a_token(user))
        assert mine.uuid_catalog == {user.uuid: "ada@example.org"}

    def test_quota_is_told(self, client: AstakosClient) -> None:
        user = a_user()
        assert client.get_quotas(a_token(user))[user.uuid][VM].limit == 5
        assert client.service_get_quotas([user.uuid])[user.uuid][user.uuid][VM].limit == 5
        assert client.service_get_project_quotas([user.uuid])[user.uuid][VM].project_limit == 5

    def test_a_commission_is_issued_seen_and_resolved(self, client: AstakosClient) -> None:
        user = a_user()
        wanted = charge(user.uuid, user.uuid, VM, 1)
        first, second, third = (client.issue_commission(wanted, name="x") for _ in range(3))
        assert client.get_pending() == [first, second, third]
        assert client.commission_info(first).provisions == wanted
        done = client.resolve_commissions([first, 10**9], [second])
        assert (done.accepted, done.rejected, done.unknown()) == ([first], [second], [10**9])
        client.accept_commission(third)
        with pytest.raises(ItemNotFound):
            client.reject_commission(third)

    def test_a_refusal_says_what_in_a_sentence_and_in_numbers(self, client: AstakosClient) -> None:
        user = a_user()
        with pytest.raises(QuotaExceeded) as refused:
            client.issue_commission(charge(user.uuid, user.uuid, VM, 6))
        assert (refused.value.limit, refused.value.usage) == (5, 0)
        assert refused.value.provision.resource == VM
        assert VM in refused.value.message

    def test_a_wrong_service_token_is_no_fault_of_the_user(self, client: AstakosClient) -> None:
        del client
        user = a_user()
        with pytest.raises(ServiceUnavailable, match="service token"):
            AstakosClient(URL, "wrong").issue_commission(charge(user.uuid, user.uuid, VM, 1))

    def test_an_unknown_holder_is_not_found(self, client: AstakosClient) -> None:
        with pytest.raises(ItemNotFound):
            client.issue_commission(charge("nobody", "nobody", VM, 1))


class TestNested:
    """A call within a request leaves the request alone."""

    def test_connections_and_log_context_stay(self, client: AstakosClient) -> None:
        user = a_user()
        before = connections[DATABASE].connection
        with structlog.contextvars.bound_contextvars(request_id="req-outer"):
            client.authenticate(a_token(user))
            assert structlog.contextvars.get_contextvars()["request_id"] == "req-outer"
        assert connections[DATABASE].connection is before


class TestRemoteCallers:
    """Tokens remembered for a few seconds."""

    def test_a_token_is_asked_for_once(
        self, client: AstakosClient, django_assert_num_queries: Any
    ) -> None:
        token = a_token(a_user())
        authenticate = remote_authenticate(lambda: client, RecentCallers(lambda: 5.0))
        first = authenticate(token)
        with django_assert_num_queries(0, using=DATABASE):
            assert authenticate(token) == first

    @pytest.mark.django_db(databases=[DATABASE, "cyclades"], transaction=True)
    def test_a_revoked_token_is_refused_at_once_though_it_was_remembered(
        self, client: AstakosClient
    ) -> None:
        token = a_token(a_user())
        authenticate = remote_authenticate(lambda: client, RecentCallers(lambda: 10**6))
        authenticate(token)
        tokens.revoke(tokens.find(token))
        with pytest.raises(Unauthorized):
            authenticate(token)

    @pytest.mark.django_db(databases=[DATABASE, "cyclades"], transaction=True)
    def test_who_loses_the_project_or_the_account_is_refused_at_once(
        self, client: AstakosClient
    ) -> None:
        authenticate = remote_authenticate(lambda: client, RecentCallers(lambda: 10**6))
        ada, bob = a_user(), a_user()
        project = a_project(ada, bob)
        adas, bobs = (tokens.issue(one, tokens.Wish(project)).id for one in (ada, bob))
        assert authenticate(adas).project_id == authenticate(bobs).project_id == project.uuid
        users.deactivate(ada)
        with pytest.raises(Unauthorized):
            authenticate(adas)
        assert authenticate(bobs).user_id == bob.uuid
        project_states.move(project, ProjectAction.SUSPEND)
        with pytest.raises(Unauthorized):
            authenticate(bobs)

    def test_an_expired_token_is_not_taken_from_memory(self, client: AstakosClient) -> None:
        token = a_token(a_user())
        authenticate = remote_authenticate(lambda: client, RecentCallers(lambda: 10**6))
        authenticate(token)
        with (
            time_machine.travel(now() + timedelta(hours=25), tick=False),
            pytest.raises(Unauthorized),
        ):
            authenticate(token)

    def test_memory_is_bounded_and_holds_no_tokens(self, client: AstakosClient) -> None:
        recent = RecentCallers(lambda: 60.0, size=3)
        caller = remote_authenticate(lambda: client, recent)(a_token(a_user()))
        for number in range(10):
            recent.put(f"token{number}", caller)
        assert len(recent) == 3
        assert recent.get("token9") is caller
        assert recent.get("token0") is None


class TestLedger:
    """Quota around a change, and what a crash leaves."""

    def test_an_accepted_change_is_settled_at_its_end(self, client: AstakosClient) -> None:
        user, ledger = a_user(), Ledger(client, QuotaHolderSerial)
        with ledger.reserve(charge(user.uuid, user.uuid, VM, 2), "create") as serial:
            assert usage(user, VM) == (0, 2)
            ledger.accept(serial)
        assert usage(user, VM) == (2, 2)
        assert QuotaHolderSerial.objects.get(pk=serial).resolved

    def test_a_failed_change_gives_everything_back(self, client: AstakosClient) -> None:
        user, ledger = a_user(), Ledger(client, QuotaHolderSerial)
        with (
            pytest.raises(ZeroDivisionError),
            ledger.reserve(charge(user.uuid, user.uuid, VM, 2)),
        ):
            1 / 0  # noqa: B018 - the change fails
        assert usage(user, VM) == (0, 0)
        assert not Commission.objects.exists()

    def test_an_undecided_change_stays_until_it_is_too_old(self, client: AstakosClient) -> None:
        user, ledger = a_user(), Ledger(client, QuotaHolderSerial)
        with ledger.reserve(charge(user.uuid, user.uuid, VM, 2)) as serial:
            pass
        assert ledger.settle() == ([], [])
        assert usage(user, VM) == (0, 2)
        assert ledger.settle(patience=0) == ([], [serial])
        assert usage(user, VM) == (0, 0)
        with pytest.raises(Conflict):
            ledger.accept(serial)

    def test_a_decision_the_service_never_heard_is_told_again(self, client: AstakosClient) -> None:
        user, ledger = a_user(), Ledger(client, QuotaHolderSerial)
        with ledger.reserve(charge(user.uuid, user.uuid, VM, 2)) as serial:
            ledger.accept(serial)
            http.unmount(URL)
            http.mount(URL, _broken)
        assert not QuotaHolderSerial.objects.get(pk=serial).resolved
        http.mount(URL, in_process(WSGIHandler()))
        assert ledger.settle() == ([serial], [])
        assert usage(user, VM) == (2, 2)
        assert ledger.settle() == ([], [])

    def test_a_promise_that_was_never_recorded_is_found_and_rejected(
        self, client: AstakosClient
    ) -> None:
        user, ledger = a_user(), Ledger(client, QuotaHolderSerial)
        serial = client.issue_commission(charge(user.uuid, user.uuid, VM, 2))
        assert ledger.settle() == ([], [])
        assert ledger.settle(patience=0) == ([], [serial])
        assert usage(user, VM) == (0, 0)

    def test_a_change_may_record_its_promise_itself(self, client: AstakosClient) -> None:
        user, ledger = a_user(), Ledger(client, QuotaHolderSerial)
        with ledger.reserve(charge(user.uuid, user.uuid, VM, 2), note=False) as serial:
            assert not QuotaHolderSerial.objects.exists()
            ledger.receipt(serial, 1.0).save(force_insert=True)
        assert usage(user, VM) == (2, 2)
        assert QuotaHolderSerial.objects.get(pk=serial).resolved

    def test_a_change_that_took_too_long_records_nothing(self, client: AstakosClient) -> None:
        user, ledger = a_user(), Ledger(client, QuotaHolderSerial)
        with (
            pytest.raises(Conflict, match="too long"),
            ledger.reserve(charge(user.uuid, user.uuid, VM, 2), note=False) as serial,
        ):
            ledger.receipt(serial, 60.0)
        assert usage(user, VM) == (0, 0)
        assert not Commission.objects.exists()

    def test_a_recorded_promise_stands_though_its_change_fails_later(
        self, client: AstakosClient
    ) -> None:
        user, ledger = a_user(), Ledger(client, QuotaHolderSerial)
        with (
            pytest.raises(ZeroDivisionError),
            ledger.reserve(charge(user.uuid, user.uuid, VM, 2), note=False) as serial,
        ):
            ledger.receipt(serial, 1.0).save(force_insert=True)
            1 / 0  # noqa: B018 - after the commit
        assert usage(user, VM) == (2, 2)

    def test_a_promise_seen_for_a_while_is_lost_whatever_the_clock_of_its_service(
        self, client: AstakosClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user, ledger = a_user(), Ledger(client, QuotaHolderSerial)
        serial = client.issue_commission(charge(user.uuid, user.uuid, VM, 2))
        Commission.objects.update(issue_datetime=now() - timedelta(hours=1))
        assert ledger.settle(patience=90) == ([], [])
        then = clock.monotonic() + 91
        monkeypatch.setattr(clock, "monotonic", lambda: then)
        assert ledger.settle(patience=90) == ([], [serial])
        assert usage(user, VM) == (0, 0)


def _broken(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return [b""]


class TestNames:
    """Names of users for other components' commands."""

    def test_a_component_names_its_users(self, client: AstakosClient) -> None:
        user = a_user("ada@example.org")
        _, token = a_component("namer")
        with conf.override(CycladesSettings, astakos_auth_url=URL, cyclades_service_token=token):
            assert people.names().of([user.uuid, "x"]) == {user.uuid: "ada@example.org", "x": "-"}
            assert people.uuid_of("ada@example.org") == people.uuid_of(user.uuid) == user.uuid
            with pytest.raises(CommandError, match="no user"):
                call_command("server_list", "--user", "nobody@example.org")
            call_command("server_list", "--user", "ada@example.org", "--display-mails")
