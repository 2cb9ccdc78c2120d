"""Pages of other sites use a container only where its owner says so."""

import pytest

from tests.api.pithos.conftest import Answered, Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])
SITE = "https://gallery.example.org"


@pytest.fixture
def owner(ada: Person) -> Person:
    """Somebody with a container that one site may use, and one that none may."""
    allowed = {
        "X_Container_Meta_Access_Control_Allow_Origin": f"{SITE} https://other.example.org",
        "X_Container_Meta_Access_Control_Max_Age": "600",
        "X_Container_Meta_Access_Control_Expose_Headers": "X-Object-Meta-Colour",
    }
    assert ada.swift("PUT", "/open", **allowed).status == 201
    assert ada.swift("PUT", "/shut").status == 201
    for container in ("open", "shut"):
        assert ada.swift("PUT", f"/{container}/o", b"x").status == 201
    return ada


def preflight(owner: Person, container: str, origin: str = SITE) -> Answered:
    """Ask as a browser does before it lets a page upload."""
    asks = {
        "Origin": origin,
        "Access_Control_Request_Method": "PUT",
        "Access_Control_Request_Headers": "x-auth-token",
    }
    return Person(owner.account, "").swift("OPTIONS", f"/{container}/o", **asks)


def test_a_named_site_may_ask_without_a_token(owner: Person) -> None:
    told = preflight(owner, "open")
    assert told.status == 200
    assert told.headers["Access-Control-Allow-Origin"] == SITE
    assert told.headers["Access-Control-Allow-Headers"] == "x-auth-token"
    assert told.headers["Access-Control-Max-Age"] == "600"
    assert "PUT" in told.headers["Access-Control-Allow-Methods"]
    assert "Origin" in told.headers["Vary"]


@pytest.mark.parametrize(
    ("container", "origin"),
    [("open", "https://evil.example.org"), ("shut", SITE), ("none", SITE), ("open", "null")],
)
def test_no_other_site_and_no_other_container(owner: Person, container: str, origin: str) -> None:
    told = preflight(owner, container, origin)
    assert told.status == 401
    assert "Access-Control-Allow-Origin" not in told.headers


def test_a_pages_script_may_read_what_the_owner_shows(owner: Person) -> None:
    got = owner.swift("GET", "/open/o", Origin=SITE)
    assert (got.status, got.body) == (200, b"x")
    assert got.headers["Access-Control-Allow-Origin"] == SITE
    shown = got.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "X-Object-Meta-Colour"} <= set(shown)


def test_a_token_is_needed_all_the_same(owner: Person) -> None:
    assert Person(owner.account, "").swift("GET", "/open/o", Origin=SITE).status == 401


def test_every_site_is_one_star(owner: Person) -> None:
    owner.swift("POST", "/open", X_Container_Meta_Access_Control_Allow_Origin="*")
    got = owner.swift("GET", "/open/o", Origin="https://anybody.example.org")
    assert got.headers["Access-Control-Allow-Origin"] == "*"


def test_without_an_origin_nothing_is_said(owner: Person) -> None:
    got = owner.swift("GET", "/open/o")
    assert not [name for name in got.headers if name.startswith("Access-Control")]
    assert owner.swift("OPTIONS", "/open/o").headers["Allow"]
