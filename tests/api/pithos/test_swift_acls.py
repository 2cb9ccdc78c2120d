"""Containers opened by lists, in Swift's way, and accounts that are projects'."""

from collections.abc import Callable

import pytest

from tests.api.pithos.conftest import Answered, Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])
NOBODY = Person("", "")


def anonymous(method: str, owner: Person, path: str, **headers: str) -> Answered:
    return NOBODY.ask(method, f"/pithos/v1/AUTH_{owner.account}{path}", **headers)


def theirs(method: str, guest: Person, owner: Person, path: str, body: bytes = b"") -> Answered:
    return guest.ask(method, f"/pithos/v1/AUTH_{owner.account}{path}", body)


@pytest.fixture
def owner(ada: Person) -> Person:
    """Somebody with a file that nobody else may see yet."""
    assert ada.swift("PUT", "/c/o", b"text").status == 201
    return ada


def test_nobody_gets_in_without_a_list(owner: Person, bob: Person) -> None:
    found = anonymous("GET", owner, "/c/o")
    assert found.status == 401
    assert found.headers["WWW-Authenticate"].startswith("Swift realm=")
    assert theirs("GET", bob, owner, "/c/o").status == 403


def test_sites_let_anybody_read_and_list_only_where_it_is_said(owner: Person) -> None:
    owner.swift("POST", "/c", X_Container_Read=".r:*")
    assert anonymous("GET", owner, "/c/o").body == b"text"
    assert anonymous("HEAD", owner, "/c/o").status == 200
    assert anonymous("GET", owner, "/c").status == 401
    assert anonymous("GET", owner, "/c/none").status == 404
    for method, path in (("PUT", "/c/n"), ("DELETE", "/c/o"), ("POST", "/c/o"), ("GET", "")):
        assert anonymous(method, owner, path).status == 401
    owner.swift("POST", "/c", X_Container_Read=".r:*,.rlistings")
    assert anonymous("GET", owner, "/c").body == b"o\n"
    owner.swift("POST", "/c", X_Remove_Container_Read="x")
    assert anonymous("GET", owner, "/c/o").status == 401


def test_what_anybody_reads_cannot_act_as_a_page_of_ours(owner: Person) -> None:
    owner.swift("POST", "/c", X_Container_Read=".r:*")
    owner.swift("PUT", "/c/page.html", b"<script>steal()</script>")
    page = anonymous("GET", owner, "/c/page.html")
    assert page.headers["Content-Security-Policy"] == "sandbox"


def test_the_last_site_that_fits_decides(owner: Person) -> None:
    owner.swift("POST", "/c", X_Container_Read=".r:*,.r:-.bad.org")
    assert anonymous("GET", owner, "/c/o", Referer="http://good.org/x").status == 200
    assert anonymous("GET", owner, "/c/o", Referer="http://www.bad.org/x").status == 401


@pytest.mark.parametrize("kind", ["{0}:{1}", "*:{1}", "{0}:*", "*:*"])
def test_readers_are_named_by_project_and_user(owner: Person, bob: Person, kind: str) -> None:
    owner.swift("POST", "/c", X_Container_Read=kind.format(bob.account, bob.account))
    assert theirs("GET", bob, owner, "/c/o").body == b"text"
    assert theirs("GET", bob, owner, "/c").body == b"o\n"
    assert theirs("PUT", bob, owner, "/c/n", b"x").status == 403
    assert theirs("DELETE", bob, owner, "/c/o").status == 403
    assert theirs("GET", bob, owner, "").status == 403


def test_writers_write_and_delete_and_share_nothing_on(owner: Person, bob: Person) -> None:
    owner.swift("POST", "/c", X_Container_Write=f"{bob.account}:{bob.account}")
    assert theirs("PUT", bob, owner, "/c/n", b"new").status == 201
    assert theirs("DELETE", bob, owner, "/c/o").status == 204
    path = f"/pithos/v1/{owner.account}/c/n"
    assert bob.ask("POST", f"{path}?update", X_Object_Sharing="read=*").status == 403
    assert bob.ask("POST", f"{path}?update", X_Object_Public="true").status == 403
    assert theirs("POST", bob, owner, "/c").status == 403
    assert theirs("DELETE", bob, owner, "/c").status == 403
    assert theirs("PUT", bob, owner, "/c/n", b"again").status == 201


def test_a_writer_plants_no_links(owner: Person, bob: Person) -> None:
    owner.swift("PUT", "/private")
    owner.swift("PUT", "/private/s", b"secret")
    owner.swift("POST", "/c", X_Container_Write=f"*:{bob.account}", X_Container_Read=".r:*")
    path = f"/pithos/v1/AUTH_{owner.account}/c/trap"
    for header in ("X_Object_Manifest", "X_Symlink_Target"):
        sent = {header: "private/s", "Content_Length": "0"}
        assert bob.ask("PUT", path, b"", kind="", **sent).status == 403


def test_the_owner_sees_the_lists_and_guests_do_not(owner: Person, bob: Person) -> None:
    owner.swift("POST", "/c", X_Container_Read=" .ref:*example.org , *:* ")
    assert owner.swift("HEAD", "/c").headers["X-Container-Read"] == ".r:example.org,*:*"
    assert "X-Container-Read" not in theirs("HEAD", bob, owner, "/c").headers


@pytest.mark.parametrize("text", [".r:", ".x:y", ".r:.", ".nonsense"])
def test_lists_without_sense_are_refused(owner: Person, text: str) -> None:
    assert owner.swift("POST", "/c", X_Container_Read=text).status == 400
    assert owner.swift("POST", "/c", X_Container_Write=".r:*").status == 400


def test_quotas_of_a_container(owner: Person) -> None:
    told = {"X_Container_Meta_Quota_Bytes": "10", "X_Container_Meta_Quota_Count": "2"}
    assert owner.swift("POST", "/c", **told).status == 204
    head = owner.swift("HEAD", "/c").headers
    assert (head["X-Container-Meta-Quota-Bytes"], head["X-Container-Meta-Quota-Count"]) == (
        "10",
        "2",
    )
    assert owner.swift("PUT", "/c/p", b"1234567").status == 413
    assert owner.swift("PUT", "/c/p", b"123456").status == 201
    assert owner.swift("PUT", "/c/q", b"", Content_Length="0").status == 413
    assert owner.swift("PUT", "/c/p", b"1").status == 201
    assert owner.swift("POST", "/c", X_Container_Meta_Quota_Bytes="many").status == 400
    owner.swift("POST", "/c", X_Remove_Container_Meta_Quota_Count="x")
    assert owner.swift("PUT", "/c/q", b"1").status == 201


def test_nobody_limits_their_own_account(owner: Person) -> None:
    assert owner.swift("POST", "", X_Account_Meta_Quota_Bytes="10").status == 403


def test_synchronisation_is_refused_clearly(owner: Person) -> None:
    assert owner.swift("POST", "/c", X_Container_Sync_To="//realm/c/a/c").status == 501


def test_lookalike_accounts_open_nothing(owner: Person, person: Callable[[], Person]) -> None:
    bob = person()
    for account in (
        f"AUTH_AUTH_{owner.account}",
        f"{owner.account} ",
        owner.account.upper(),
        f"AUTH_{owner.account}%00",
        f"AUTH_{bob.account}/../AUTH_{owner.account}",
        f"AUTH_{bob.account}%2f..%2fAUTH_{owner.account}",
        f"AUTH_{bob.account}/%2e%2e/AUTH_{owner.account}",
    ):
        assert bob.ask("GET", f"/pithos/v1/{account}/c/o").status in {400, 401, 403, 404}
