"""Answers about tokens and the catalogue are remembered, yet every change counts in the next call.

The road is the real one: a commit moves the mark of this host, at which every process looks.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from synnefo.astakos.domain.definitions import ServiceDef
from synnefo.astakos.domain.memberships import MembershipAction
from synnefo.astakos.domain.projects import ProjectAction
from synnefo.astakos.models import (
    DATABASE,
    Domain,
    Group,
    Project,
    ProjectMembership,
    Role,
    Token,
    User,
    held,
)
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import (
    assignments,
    changes,
    domains,
    grants,
    groups,
    memberships,
    offerings,
    project_states,
    registry,
    remembered,
    tokens,
    users,
)
from synnefo.astakos.usecases.grants import Target
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.serve import statements
from tests.support.astakos import a_component, a_project, a_token, a_user
from tests.support.identity_calls import call, sign_in

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
CATALOGUE = "/auth/catalog"
TOKEN = "/auth/tokens"


class Someone:
    """A member of a project, with a token for it that was just asked about."""

    def __init__(self) -> None:
        self.user = a_user("ada@example.org")
        self.project = a_project(self.user)
        self.row, self.token = self._signed_in(self.project)
        self.asked()

    def _signed_in(self, project: Project) -> tuple[Token, str]:
        issued = tokens.issue(self.user, tokens.Wish(project))
        return issued.row, issued.id

    def asked(self) -> list[int]:
        """Ask in every way that is remembered; answer the statuses."""
        return [self.check().status, call("GET", CATALOGUE, self.token).status]

    def check(self) -> Any:
        """Let the token ask about itself."""
        return call("GET", TOKEN, self.token, X_Subject_Token=self.token)

    def told(self) -> dict[str, Any]:
        """Answer what is told of the token."""
        found: dict[str, Any] = self.check().json["token"]
        return found

    def catalogue(self) -> list[str]:
        """List the names of the services that the holder is shown."""
        return [one["name"] for one in call("GET", CATALOGUE, self.token).json["catalog"]]


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often tokens are looked up in the database."""
    seen: list[str] = []

    def counting(alias: str, sql: str, values: Any) -> Any:
        seen.append(sql)
        return statements.fetch(alias, sql, values)

    monkeypatch.setattr(held, "fetch", counting)
    return seen


def test_who_was_asked_about_lately_costs_no_query(
    fetched: list[str], django_assert_num_queries: Any
) -> None:
    someone = Someone()
    assert len(fetched) > 0
    fetched.clear()
    with django_assert_num_queries(0, using=DATABASE):
        assert someone.asked() == [200, 200]
        assert call("GET", TOKEN, someone.token, X_Subject_Token=someone.token).status == 200
    assert fetched == []


def _renewed(one: Someone) -> None:
    tokens.renew(one.user, end_others=True)


def _removed(one: Someone) -> None:
    seat = ProjectMembership.objects.get(person=one.user, project=one.project)
    memberships.act(seat, MembershipAction.REMOVE)


def _moved_home(one: Someone) -> None:
    other = domains.create("elsewhere")
    User.objects.filter(pk=one.user.pk).update(domain_id=other.pk)
    domains.update(other, {"enabled": False})


def _rows(one: Someone) -> Any:
    return Token.objects.filter(pk=one.row.pk)


def _deleted(one: Someone) -> None:
    assert call("DELETE", TOKEN, one.token, X_Subject_Token=one.token).status == 204


def _unsigned(one: Someone) -> None:
    User.objects.filter(pk=one.user.pk).update(has_signed_terms=False)


ENDS: dict[str, Callable[[Someone], object]] = {
    "revoked": lambda one: tokens.revoke(one.row),
    "revoked by itself": _deleted,
    "all of the holder's revoked": lambda one: tokens.revoke_all(one.user),
    "renewed, ending the others": _renewed,
    "holder suspended": lambda one: users.deactivate(one.user, "left"),
    "holder gone": lambda one: grants.drop_user(one.user),
    "holder removed from the project": _removed,
    "project suspended": lambda one: project_states.act(one.project, ProjectAction.SUSPEND),
    "project terminated": lambda one: project_states.act(one.project, ProjectAction.TERMINATE),
    "domain of the holder closed": _moved_home,
    "holder owes the latest terms": _unsigned,
    "row deleted by hand": lambda one: _rows(one).delete(),
    "row expired by hand": lambda one: _rows(one).update(expires_at=now()),
}


@pytest.mark.parametrize("change", ENDS.values(), ids=list(ENDS))
def test_a_token_that_ends_is_refused_in_the_next_call(
    change: Callable[[Someone], object],
) -> None:
    someone = Someone()
    assert someone.asked() == [200, 200]
    change(someone)
    assert someone.asked() == [401, 401]


def test_others_who_ask_about_a_token_that_ended_are_told_there_is_none() -> None:
    someone, service = Someone(), a_component("pithos")[1]
    assert call("GET", TOKEN, service, X_Subject_Token=someone.token).status == 200
    tokens.revoke(someone.row)
    assert call("GET", TOKEN, service, X_Subject_Token=someone.token).status == 404


def test_what_is_remembered_for_one_is_not_shown_to_another() -> None:
    someone, stranger = Someone(), a_token(a_user())
    assert someone.asked() == [200, 200]
    assert call("GET", TOKEN, stranger, X_Subject_Token=someone.token).status == 404


def test_roles_that_are_given_and_taken_are_told_at_once() -> None:
    someone, role = Someone(), Role.objects.create(name="weaver")
    target = Target(project=someone.project)
    grants.grant(role, someone.user, target)
    assert "weaver" in [one["name"] for one in someone.told()["roles"]]
    grants.revoke(role, someone.user, target)
    assert "weaver" not in [one["name"] for one in someone.told()["roles"]]


def test_what_a_group_brings_is_told_at_once() -> None:
    someone, group = Someone(), Group.objects.create(name="laboratory")
    assert "SNF:groups" not in someone.told()
    groups.add(group, someone.user)
    assert someone.told()["SNF:groups"] == ["laboratory"]
    groups.update(group, {"name": "workshop"})
    assert someone.told()["SNF:groups"] == ["workshop"]


def test_new_names_are_told_at_once() -> None:
    someone = Someone()
    Project.objects.filter(pk=someone.project.pk).update(realname="renamed.example.org")
    User.objects.filter(pk=someone.user.pk).update(name="Countess")
    told = someone.told()
    assert (told["project"]["name"], told["user"]["name"]) == ("renamed.example.org", "Countess")
    domain = Domain.objects.create(name="first")
    User.objects.filter(pk=someone.user.pk).update(domain_id=domain.pk)
    domains.update(domain, {"name": "second"})
    assert someone.told()["user"]["domain"]["name"] == "second"


def test_an_administrator_is_none_at_once_when_that_ends() -> None:
    admin = a_user(admin=True)
    token = a_token(admin)
    assert call("GET", "/users", token).status == 200
    users.set_flags(admin, is_admin=False)
    assert call("GET", "/users", token).status == 403


def test_services_that_come_change_and_go_are_in_the_next_catalogue() -> None:
    someone, (pithos, _) = Someone(), a_component("pithos")
    assert someone.catalogue() == []
    swift = ServiceDef(
        name="swift", type="object-store", component="pithos", catalog="openstack", path="v1"
    )
    registry.import_services([swift])
    assert someone.catalogue() == ["swift"]
    assert [one["name"] for one in someone.told()["catalog"]] == ["swift"]
    registry.remove_component(pithos)
    assert someone.catalogue() == []


def test_endpoints_that_administrators_add_are_in_the_next_catalogue() -> None:
    someone, admin = Someone(), a_token(a_user(admin=True))
    wish = {"service": {"name": "heat", "type": "orchestration"}}
    service = call("POST", "/services", admin, wish).json["service"]["id"]
    assert someone.catalogue() == ["heat"]
    place = {"service_id": service, "interface": "public", "url": "http://heat/$(project_id)s"}
    made = call("POST", "/endpoints", admin, {"endpoint": place}).json["endpoint"]
    shown = someone.told()["catalog"][0]["endpoints"]
    assert [one["url"] for one in shown] == [f"http://heat/{someone.project.uuid}"]
    assert call("DELETE", f"/endpoints/{made['id']}", admin).status == 204
    assert someone.told()["catalog"][0]["endpoints"] == []
    offerings.delete_service(offerings.find_service(service))
    assert someone.catalogue() == []


def test_one_that_expires_meanwhile_is_refused() -> None:
    someone = Someone()
    _rows(someone).update(expires_at=now() + timedelta(seconds=0.3))
    assert someone.asked() == [200, 200]
    while someone.check().status == 200:
        assert now() < someone.row.created_at + timedelta(seconds=30)
    assert someone.asked() == [401, 401]


def test_nothing_is_remembered_when_the_settings_say_so(fetched: list[str]) -> None:
    with conf.override(AstakosSettings, astakos_token_cache_timeout=0):
        someone = Someone()
        fetched.clear()
        assert someone.asked() == [200, 200]
    assert len(fetched) == 2


def test_who_changes_something_sees_it_before_the_commit_and_nobody_remembers_it() -> None:
    someone = Someone()
    with transaction.atomic(using=DATABASE):
        Project.objects.filter(pk=someone.project.pk).update(realname="perhaps.example.org")
        assert someone.told()["project"]["name"] == "perhaps.example.org"
        transaction.set_rollback(True, using=DATABASE)
    assert someone.told()["project"]["name"] == someone.project.realname


def test_signing_in_lets_nobody_forget() -> None:
    someone = Someone()
    before = remembered.mark()
    person = {"name": "ada@example.org", "domain": {"id": "default"}}
    password = {"user": {**person, "password": "correct horse battery"}}
    assert sign_in({"methods": ["password"], "password": password}).status == 201
    assert sign_in({"methods": ["token"], "token": {"id": someone.token}}).status == 201
    assert remembered.mark() == before


def test_the_oldest_answers_make_place_for_new_ones() -> None:
    kept: remembered.Kept[int] = remembered.Kept(lambda _: 60.0, size=2)
    for number in (1, 2, 3):
        kept.put(number, number, remembered.mark(), None)
    assert [kept.get(number) for number in (1, 2, 3)] == [None, 2, 3]


def test_tables_that_are_not_watched_are_there() -> None:
    known = {model._meta.db_table for model in apps.get_app_config("astakos").get_models()}
    assert known >= changes.QUIET | changes.QUIET_WHEN_NEW


@pytest.mark.parametrize(
    ("sql", "tells"),
    [
        ('UPDATE "astakos_user" SET "is_active" = 0', True),
        ('INSERT INTO "astakos_user" ("uuid") VALUES (1)', False),
        ('INSERT OR IGNORE INTO "astakos_groupmember" ("x") VALUES (1)', True),
        ('DELETE FROM "astakos_token" WHERE "x" IN (SELECT 1 FROM "astakos_holding")', True),
        ('DELETE FROM "astakos_holding" WHERE "x" IN (SELECT 1 FROM "astakos_user")', False),
        ('TRUNCATE "astakos_user", "astakos_token"', True),
        ("WITH x AS (SELECT 1 FROM astakos_holding) UPDATE astakos_project SET a = 1", True),
        ("\n  update astakos_role set name = 1", True),
        ("SAVEPOINT astakos_user", False),
        ('SELECT 1 FROM "astakos_user"', False),
    ],
)
def test_statements_that_change_what_is_told_are_known(sql: str, tells: bool) -> None:
    assert changes.tells(sql) is tells


def test_roles_of_the_book_are_read_anew_when_one_implies_another() -> None:
    someone = Someone()
    prior, implied = Role.objects.create(name="prior"), Role.objects.create(name="implied")
    grants.grant(prior, someone.user, Target(project=someone.project))
    assert "implied" not in [one["name"] for one in someone.told()["roles"]]
    prior.implies.create(implied=implied)
    assert "implied" in [one["name"] for one in someone.told()["roles"]]
    assert assignments.is_member(someone.user, someone.project)
