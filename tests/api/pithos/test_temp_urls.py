"""Signed addresses open one object, with one method, for a while, and nothing else."""

import base64
import hmac
import time
from typing import Any

import pytest
from swiftclient.utils import generate_temp_url

from tests.api.pithos.conftest import Answered, Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])
KEY = "correct horse"
SOON = int(time.time()) + 3600


@pytest.fixture
def owner(ada: Person) -> Person:
    """Somebody with a key, and a file to share."""
    assert ada.swift("POST", "", X_Account_Meta_Temp_URL_Key=KEY).status == 204
    assert ada.swift("PUT", "/c/dir/a file.txt", b"hello").status == 201
    assert ada.swift("PUT", "/c/dir/other", b"other").status == 201
    return ada


def nobody(account: str) -> Person:
    return Person(account, "")


def sign(method: str, path: str, *, expires: object = SOON, key: str = KEY, head: str = "") -> str:
    """Sign as a client would that knows nothing but the words of the rule."""
    text = f"{head}{method}\n{expires}\n{path}"
    digest = hmac.new(key.encode(), text.encode(), "sha256").hexdigest()
    return f"temp_url_sig={digest}&temp_url_expires={expires}"


def open_it(owner: Person, query: str, *, method: str = "GET", **more: Any) -> Answered:
    """Use an address without a token."""
    name = more.pop("name", "/c/dir/a file.txt")
    return nobody(owner.account).swift(method, f"{name}?{query}", **more)


def path_of(owner: Person, name: str = "/c/dir/a file.txt") -> str:
    return f"/v1/AUTH_{owner.account}{name}"


def test_swiftclients_address_opens_the_object(owner: Person) -> None:
    made = generate_temp_url(path_of(owner), 60, KEY, "GET")
    got = open_it(owner, made.partition("?")[2])
    assert (got.status, got.body) == (200, b"hello")
    assert got.headers["Content-Disposition"].startswith('attachment; filename="a file.txt"')
    assert not [name for name in got.headers if name.startswith("X-Object-")]


def test_the_whole_path_may_be_signed_too(owner: Person) -> None:
    assert open_it(owner, sign("GET", f"/pithos{path_of(owner)}")).status == 200


def test_head_goes_with_every_signature_for_reading_or_writing(owner: Person) -> None:
    for method in ("HEAD", "GET", "PUT", "POST"):
        assert open_it(owner, sign(method, path_of(owner)), method="HEAD").status == 200
    assert open_it(owner, sign("DELETE", path_of(owner)), method="HEAD").status == 401


def test_an_upload_arrives_in_the_owners_account(owner: Person) -> None:
    query = sign("PUT", path_of(owner, "/c/new"))
    assert open_it(owner, query, method="PUT", name="/c/new", body=b"sent").status == 201
    assert owner.swift("GET", "/c/new").body == b"sent"


@pytest.mark.parametrize(
    ("method", "name"),
    [("PUT", "/c/dir/a file.txt"), ("DELETE", "/c/dir/a file.txt"), ("GET", "/c/dir/other")],
)
def test_it_opens_nothing_else(owner: Person, method: str, name: str) -> None:
    query = sign("GET", path_of(owner))
    assert open_it(owner, query, method=method, name=name, body=b"").status == 401


def test_it_opens_no_container(owner: Person) -> None:
    assert open_it(owner, sign("GET", path_of(owner, "/c")), name="/c").status == 401


def test_another_accounts_key_signs_nothing_here(owner: Person, bob: Person) -> None:
    bob.swift("POST", "", X_Account_Meta_Temp_URL_Key="his")
    assert open_it(owner, sign("GET", path_of(owner), key="his")).status == 401
    assert open_it(owner, sign("GET", path_of(owner), key="")).status == 401


def test_it_ends(owner: Person) -> None:
    past = int(time.time()) - 1
    assert open_it(owner, sign("GET", path_of(owner), expires=past)).status == 401
    assert open_it(owner, sign("GET", path_of(owner), expires="soon")).status == 401
    assert (
        open_it(owner, sign("GET", path_of(owner), expires="2031-01-01T00:00:00Z")).status == 200
    )


def test_a_changed_key_ends_it_and_the_second_key_still_holds(owner: Person) -> None:
    query = sign("GET", path_of(owner))
    owner.swift("POST", "", X_Account_Meta_Temp_URL_Key="new", X_Account_Meta_Temp_URL_Key_2=KEY)
    assert open_it(owner, query).status == 200
    owner.swift("POST", "", X_Account_Meta_Temp_URL_Key_2="newer")
    assert open_it(owner, query).status == 401


def test_a_containers_key_opens_that_container_only(owner: Person) -> None:
    owner.swift("POST", "/c", X_Container_Meta_Temp_URL_Key="box")
    owner.swift("PUT", "/d")
    owner.swift("PUT", "/d/x", b"x")
    assert open_it(owner, sign("GET", path_of(owner), key="box")).status == 200
    assert (
        open_it(owner, sign("GET", path_of(owner, "/d/x"), key="box"), name="/d/x").status == 401
    )


def test_a_prefix_opens_what_begins_with_it(owner: Person) -> None:
    query = sign("GET", "prefix:" + path_of(owner, "/c/dir/")) + "&temp_url_prefix=dir/"
    assert open_it(owner, query, name="/c/dir/other").body == b"other"
    owner.swift("PUT", "/c/outside", b"no")
    assert open_it(owner, query, name="/c/outside").status == 401


def test_an_address_range_lets_in_only_who_is_in_it(owner: Person) -> None:
    for net, status in (("127.0.0.0/8", 200), ("10.0.0.1", 401), ("nonsense", 401)):
        query = sign("GET", path_of(owner), head=f"ip={net}\n") + f"&temp_url_ip_range={net}"
        assert open_it(owner, query).status == status


def test_a_signature_may_be_base64_and_of_sha512(owner: Person) -> None:
    text = f"GET\n{SOON}\n{path_of(owner)}".encode()
    digest = base64.urlsafe_b64encode(hmac.digest(KEY.encode(), text, "sha512")).decode()
    query = f"temp_url_sig=sha512:{digest.rstrip('=')}&temp_url_expires={SOON}"
    assert open_it(owner, query).status == 200


def test_sha1_is_not_taken(owner: Person) -> None:
    text = f"GET\n{SOON}\n{path_of(owner)}".encode()
    digest = hmac.new(KEY.encode(), text, "sha1").hexdigest()
    assert open_it(owner, f"temp_url_sig={digest}&temp_url_expires={SOON}").status == 401


@pytest.mark.parametrize(
    "query", ["temp_url_sig=x", "temp_url_expires=4102444800", "temp_url_sig=é&temp_url_expires=1"]
)
def test_half_an_address_is_refused(owner: Person, query: str) -> None:
    assert open_it(owner, query).status == 401


@pytest.mark.parametrize(
    "headers",
    [{"X_Copy_From": "/c/dir/other"}, {"X_Object_Public": "true"}, {"X_Object_Sharing": "read=*"}],
)
def test_an_upload_cannot_reach_past_its_object(owner: Person, headers: dict[str, str]) -> None:
    query = sign("PUT", path_of(owner, "/c/new"))
    assert open_it(owner, query, method="PUT", name="/c/new", **headers).status == 400
    assert owner.swift("GET", "/c/new").status == 404


def test_no_further_question_rides_along(owner: Person) -> None:
    assert open_it(owner, sign("GET", path_of(owner)) + "&version=list").status == 400


def test_the_name_of_the_download_can_be_chosen(owner: Person) -> None:
    query = sign("GET", path_of(owner)) + "&filename=%CE%B1%22.txt&inline"
    told = open_it(owner, query).headers["Content-Disposition"]
    assert told == "inline; filename=\"__.txt\"; filename*=UTF-8''%CE%B1%22.txt"


def test_what_can_be_done_is_announced(owner: Person) -> None:
    info = owner.ask("GET", "/pithos/info").json()
    assert isinstance(info, dict)
    assert info["tempurl"]["allowed_digests"] == ["sha256", "sha512"]
