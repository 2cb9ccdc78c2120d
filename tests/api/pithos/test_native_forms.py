"""How the native API is spoken: formats, faults, groups, addresses that are none."""

import pytest

from tests.api.pithos.conftest import Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])


def test_a_format_is_chosen_by_query_then_by_ending_then_by_header(ada: Person) -> None:
    ada.ask("PUT", "/c.json")
    ada.ask("PUT", "/c.json/o.xml", b"text")
    assert ada.ask("GET", "/c.json").json()[0]["name"] == "o.xml"  # type: ignore[index]
    assert ada.ask("GET", "/c.json?format=xml").body.startswith(b"<?xml")
    assert ada.ask("GET", "/c", Accept="application/xml").body.startswith(b"<?xml")
    assert ada.ask("GET", "/c.json/o.xml").body == b"text"


def test_faults_come_as_json_or_as_xml(ada: Person) -> None:
    told = ada.ask("GET", "/none").json()
    assert told["itemNotFound"]["code"] == 404  # type: ignore[index,call-overload]
    answer = ada.ask("GET", "/<none>?format=xml")
    assert answer.status == 404
    assert b'<itemNotFound code="404"><message>' in answer.body
    assert b"<none>" not in answer.body


def test_groups_have_users_in_them(ada: Person, bob: Person) -> None:
    path = "?update"
    assert ada.ask("POST", path, X_Account_Group_Friends=bob.account).status == 202
    assert ada.ask("POST", path, X_Account_Group_Friends=f"{bob.account},eve").status == 400
    assert ada.ask("HEAD", "").headers["X-Account-Group-Friends"] == bob.account
    assert ada.ask("POST", path, X_Account_Group_Friends="~").status == 202
    assert "X-Account-Group-Friends" not in ada.ask("HEAD", "").headers


def test_a_group_opens_what_is_shared_with_it_and_no_more(ada: Person, bob: Person) -> None:
    ada.ask("POST", "?update", X_Account_Group_Friends=bob.account)
    ada.ask("PUT", "/c/dir", Content_Type="application/directory", Content_Length="0")
    ada.ask("PUT", "/c/dir/in", b"in")
    ada.ask("PUT", "/c/dirx", b"beside")
    ada.ask("POST", "/c/dir?update", X_Object_Sharing=f"read={ada.account}:friends")
    there = f"/pithos/v1/{ada.account}/c"
    assert bob.ask("GET", f"{there}/dir/in").body == b"in"
    assert bob.ask("GET", f"{there}/dirx").status == 403
    assert ada.account in bob.ask("GET", "/pithos/v1/").body.decode()
    ada.ask("POST", "?update", X_Account_Group_Friends="~")
    assert bob.ask("GET", f"{there}/dir/in").status == 403


def test_a_container_names_the_metadata_of_its_objects(ada: Person) -> None:
    ada.ask("PUT", "/c/o", b"x", X_Object_Meta_Colour="blue")
    ada.ask("PUT", "/c/p", b"x", X_Object_Meta_Size="1", X_Object_Meta_Colour="red")
    assert ada.ask("HEAD", "/c").headers["X-Container-Object-Meta"] == "Colour,Size"


def test_addresses_that_are_none_are_refused(ada: Person) -> None:
    answer = ada.ask("GET", "/pithos/object-store/v9/x")
    assert (answer.status, b"API endpoint not found" in answer.body) == (400, True)


def test_users_are_looked_up_below_our_own_address(ada: Person, bob: Person) -> None:
    path = "/pithos/_astakos/account/v1.0/user_catalogs"
    body = b'{"uuids": ["%s"]}' % bob.account.encode()
    told = ada.ask("POST", path, body, kind="application/json").json()
    assert list(told["uuid_catalog"]) == [bob.account]  # type: ignore[index,call-overload]
