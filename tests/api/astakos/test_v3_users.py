"""Users in Identity v3. Spec: openstack-api 4.2, 4.4."""

import pytest

from synnefo.astakos.models import DATABASE, Holding, User
from synnefo.astakos.usecases import users
from synnefo.wire.provisions import user_holder
from tests.support.astakos import PASSWORD as OF_ADA
from tests.support.astakos import a_resource, a_token, a_user
from tests.support.keystone import Admin, sign_in

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PASSWORD, OTHER = "a password for tests", "another password for tests"


def test_a_user_is_made_found_changed_and_deleted() -> None:
    admin = Admin()
    made = admin.make("user", name="Grace", email="g@example.org", description="Admiral", rank=1)
    assert (made["name"], made["email"], made["enabled"], made["rank"]) == (
        *("Grace", "g@example.org", True, 1),
    )
    assert (made["default_project_id"], made["password_expires_at"]) == (None, None)
    assert "password" not in made
    assert admin.get(f"/users/{made['id']}")["user"] == made
    assert admin.names("/users?name=grace", "user") == ["Grace"]
    changed = admin.change("user", made, name="Hopper", email=None, enabled=False, rank=2)
    assert (changed["name"], changed["email"], changed["rank"]) == ("Hopper", "", 2)
    assert admin.names("/users?enabled=false", "user") == ["Hopper"]
    assert admin.drop("user", made) == 204
    assert admin.drop("user", made) == 404
    assert admin.status("GET", f"/users/{made['id']}") == 404
    assert admin.make("user", name="Hopper")["id"] != made["id"]


def test_a_user_signs_in_by_name_within_the_domain() -> None:
    admin = Admin()
    domain = admin.make("domain", name="Physics")
    users_of = {
        place: admin.make("user", name="ann", domain_id=place, password=PASSWORD)["id"]
        for place in ("default", domain["id"])
    }
    for place, uuid in users_of.items():
        status, told = admin.send("POST", "/auth/tokens", _by_name("ann", place))
        assert (status, told["token"]["user"]["id"]) == (201, uuid)
        assert told["token"]["user"]["domain"]["id"] == place
        assert "project" not in told["token"]
    assert admin.status("POST", "/auth/tokens", _by_name("ann", "nowhere")) == 401


def _by_name(name: str, domain: str) -> dict[str, object]:
    user = {"name": name, "domain": {"id": domain}, "password": PASSWORD}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}


def test_a_name_is_there_once_in_a_domain_in_any_case() -> None:
    admin = Admin()
    admin.make("user", name="Grace")
    assert admin.status("POST", "/users", {"user": {"name": "grace"}}) == 409
    other = admin.make("user", name="Ida")
    assert admin.status("PATCH", f"/users/{other['id']}", {"user": {"name": "GRACE"}}) == 409
    signed_up = a_user("ada@example.org")
    assert admin.status("POST", "/users", {"user": {"name": signed_up.username}}) == 409


def test_an_address_that_an_administrator_gave_is_trusted_for_nothing() -> None:
    admin = Admin()
    for name in ("one", "two"):
        made = admin.make("user", name=name, email="ada@example.org")
        assert made["email"] == "ada@example.org"
    owner = a_user("ada@example.org")
    assert User.objects.get(email="ada@example.org").pk == owner.pk


def test_who_is_named_by_an_address_is_like_who_signed_up() -> None:
    admin = Admin()
    made = admin.make("user", name="Ada@Example.org", email="Ada@Example.org", password=PASSWORD)
    row = User.objects.get(uuid=made["id"])
    assert (row.username, row.email, row.name) == ("ada@example.org", "Ada@Example.org", "")
    renamed = {"user": {"name": "ada"}}
    assert admin.status("PATCH", f"/users/{made['id']}", renamed) == 403
    moved = admin.change("user", made, email="lovelace@example.org")
    assert (moved["name"], moved["email"]) == ("lovelace@example.org", "lovelace@example.org")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 200},
        {"name": 7},
        {"name": "ann", "enabled": "True"},
        {"name": "ann", "password": 5},
        {"name": "ann", "options": []},
    ],
)
def test_bodies_that_are_wrong_are_refused(body: dict[str, object]) -> None:
    assert Admin().status("POST", "/users", {"user": body}) == 400


def test_an_administrator_sets_a_password_and_tokens_end() -> None:
    admin = Admin()
    made = admin.make("user", name="ann", password=PASSWORD)
    _, token, _ = sign_in(made, PASSWORD)
    admin.change("user", made, password=OTHER)
    assert Admin(token).status("GET", "/auth/projects") == 401
    assert sign_in(made, PASSWORD)[0] == 401
    assert sign_in(made, OTHER)[0] == 201


def test_a_user_changes_the_own_password_by_the_old_one() -> None:
    admin, user = Admin(), a_user()
    path = f"/users/{user.uuid}/password"
    token = a_token(user)
    wrong = {"user": {"original_password": "wrong", "password": OTHER}}
    assert Admin(token).status("POST", path, wrong) == 401
    same = {"user": {"original_password": OF_ADA, "password": OF_ADA}}
    assert Admin(token).status("POST", path, same) == 400
    assert Admin(token).status("POST", path, {"user": {"password": OTHER}}) == 400
    assert Admin(token).status("PATCH", f"/users/{user.uuid}", {"user": {"password": "x"}}) == 403
    right = {"user": {"original_password": OF_ADA, "password": OTHER}}
    assert admin.status("POST", path, right) == 204
    assert sign_in(user, OTHER)[0] == 201


def test_a_disabled_user_cannot_work_until_enabled() -> None:
    admin = Admin()
    made = admin.make("user", name="ann", password=PASSWORD)
    _, token, _ = sign_in(made, PASSWORD)
    admin.change("user", made, enabled=False)
    assert Admin(token).status("GET", "/auth/projects") == 401
    assert sign_in(made, PASSWORD)[0] == 401
    admin.change("user", made, enabled=True)
    assert sign_in(made, PASSWORD)[0] == 201


def test_the_default_project_counts_while_there_is_a_role_on_it() -> None:
    admin = Admin()
    project = admin.make("project", name="lab")
    made = admin.make("user", name="ann", password=PASSWORD, default_project_id=project["id"])
    assert made["default_project_id"] == project["id"]
    assert "project" not in sign_in(made, PASSWORD)[2]
    admin.give("member", f"users/{made['id']}", f"projects/{project['id']}")
    assert sign_in(made, PASSWORD)[2]["project"]["id"] == project["id"]
    assert "project" not in sign_in(made, PASSWORD, {"unscoped": {}})[2]
    admin.change("user", made, default_project_id=None)
    assert "project" not in sign_in(made, PASSWORD)[2]


def test_a_user_whose_quota_is_in_use_is_not_deleted_and_nothing_is_lost() -> None:
    resource = a_resource()
    admin, user = Admin(), a_user()
    held = Holding.objects.filter(holder=user_holder(user.uuid), resource=resource.name)
    held.update(usage_min=1, usage_max=1)
    assert admin.drop("user", {"id": user.uuid}) == 409
    held.update(usage_min=0, usage_max=0)
    token = a_token(user)
    assert admin.drop("user", {"id": user.uuid}) == 204
    assert Admin(token).status("GET", "/auth/projects") == 401
    assert sign_in(user, OF_ADA)[0] == 401
    row = User.objects.get(uuid=user.uuid)
    assert (row.accepted_email, row.is_active, row.email) == (user.email, False, "")
    assert held.get().limit == 0
    assert a_user(user.email).uuid != user.uuid


def test_operators_bring_a_deleted_user_back() -> None:
    admin = Admin()
    made = admin.make("user", name="ann", password=PASSWORD)
    assert admin.drop("user", made) == 204
    row = User.objects.get(uuid=made["id"])
    users.activate(row)
    users.set_email(row, "ann@example.org")
    assert admin.get(f"/users/{made['id']}")["user"]["name"] == "ann@example.org"


def test_a_user_stays_in_their_domain() -> None:
    admin = Admin()
    domain = admin.make("domain", name="Physics")
    made = admin.make("user", name="ann")
    moved = {"user": {"domain_id": domain["id"]}}
    assert admin.status("PATCH", f"/users/{made['id']}", moved) == 400
    assert admin.status("POST", "/users", {"user": {"name": "b", "domain_id": "nothing"}}) == 404


def test_people_see_themselves_and_change_nobody() -> None:
    user, other = a_user(), a_user()
    person = Admin(a_token(user))
    assert person.get(f"/users/{user.uuid}")["user"]["email"] == user.email
    assert person.status("GET", f"/users/{other.uuid}") == 404
    for method in ("PATCH", "DELETE"):
        for uuid in (user.uuid, other.uuid):
            body = {"user": {"enabled": False}} if method == "PATCH" else None
            assert person.status(method, f"/users/{uuid}", body) == 403
    assert person.status("POST", "/users", {"user": {"name": "mine"}}) == 403
