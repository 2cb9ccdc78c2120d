"""Swift's dialect, where it differs from the native one, and what clients ask first."""

import hashlib

import msgspec
import pytest

from tests.api.pithos.conftest import Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])


def test_v1_tokens_lead_to_the_storage(ada: Person) -> None:
    nobody = Person("", "")
    answer = nobody.ask("GET", "/pithos/auth/v1.0", X_Auth_User=ada.account, X_Auth_Key=ada.token)
    assert answer.status == 200
    assert answer.headers["X-Storage-Url"].endswith(f"/pithos/v1/AUTH_{ada.account}")
    assert answer.headers["X-Auth-Token"] == ada.token
    wrong = nobody.ask("GET", "/pithos/auth/v1.0", X_Auth_User="bob", X_Auth_Key=ada.token)
    assert wrong.status == 401


def test_info_names_what_is_served() -> None:
    told = Person("", "").ask("GET", "/pithos/info").json()
    assert {"swift", "slo", "dlo", "bulk_delete"} <= set(told)  # type: ignore[call-overload]


def test_metadata_are_merged_and_removed_and_answers_are_204(ada: Person) -> None:
    ada.swift("PUT", "/s")
    assert ada.swift("POST", "/s", X_Container_Meta_A="1").status == 204
    assert ada.swift("POST", "/s", X_Container_Meta_B="2").status == 204
    assert ada.swift("POST", "/s", X_Remove_Container_Meta_A="x").status == 204
    head = ada.swift("HEAD", "/s").headers
    assert ("X-Container-Meta-A" in head, head["X-Container-Meta-B"]) == (False, "2")
    assert ada.swift("POST", "", X_Account_Meta_Q="9").status == 204
    assert ada.swift("HEAD", "").headers["X-Account-Meta-Q"] == "9"


def test_a_type_may_be_changed_and_times_have_no_zone(ada: Person) -> None:
    ada.swift("PUT", "/c/o.html", b"x")
    assert ada.swift("HEAD", "/c/o.html").headers["Content-Type"] == "text/html"
    assert ada.swift("POST", "/c/o.html", Content_Type="text/plain").status == 202
    row = ada.swift("GET", "/c?format=json").json()[0]  # type: ignore[index]
    assert row["content_type"] == "text/plain"
    assert "+" not in row["last_modified"]


def test_prefixes_are_taken_literally(ada: Person) -> None:
    for name in ("ab/1", "abc"):
        ada.swift("PUT", f"/c/{name}", b"x")
    assert ada.swift("GET", "/c?prefix=ab&delimiter=/").body == b"ab/\nabc\n"
    assert ada.ask("GET", "/c?prefix=ab&delimiter=/").body == b"ab/1\n"
    assert ada.swift("GET", "/c?reverse=true&limit=1").body == b"abc\n"


def test_static_large_objects_are_checked_read_and_deleted(ada: Person) -> None:
    etags = [ada.swift("PUT", f"/c/part{n}", b"%d" % n * 10).headers["ETag"] for n in range(3)]
    manifest = msgspec.json.encode(
        [{"path": f"/c/part{n}", "etag": etags[n], "size_bytes": 10} for n in range(3)]
    )
    made = ada.swift("PUT", "/c/whole?multipart-manifest=put", manifest)
    etag = hashlib.md5("".join(etags).encode()).hexdigest()
    assert (made.status, made.headers["ETag"]) == (201, f'"{etag}"')
    got = ada.swift("GET", "/c/whole", Range="bytes=8-12")
    assert (got.status, got.body) == (206, b"00111")
    head = ada.swift("HEAD", "/c/whole").headers
    assert (head["Content-Length"], head["X-Static-Large-Object"]) == ("30", "True")
    raw = ada.swift("GET", "/c/whole?multipart-manifest=get&format=raw").json()
    assert [one["path"] for one in raw] == ["/c/part0", "/c/part1", "/c/part2"]  # type: ignore[attr-defined]
    wrong = manifest.replace(b":10}", b":11}")
    assert ada.swift("PUT", "/c/bad?multipart-manifest=put", wrong).status == 400
    gone = ada.swift("DELETE", "/c/whole?multipart-manifest=delete").json()
    assert gone["Number Deleted"] == 4  # type: ignore[index,call-overload]
    assert ada.swift("GET", "/c").status == 204


def test_dynamic_large_objects_follow_their_segments(ada: Person) -> None:
    for number in range(3):
        ada.swift("PUT", f"/c/seg/{number}", b"%d" % number * 5)
    ada.swift("PUT", "/c/whole", X_Object_Manifest="c/seg/", Content_Length="0")
    assert ada.swift("GET", "/c/whole").body == b"000001111122222"
    assert ada.swift("GET", "/c/whole", Range="bytes=-6").body == b"122222"
    ada.swift("DELETE", "/c/seg/1")
    assert ada.swift("HEAD", "/c/whole").headers["Content-Length"] == "10"


def test_many_are_deleted_at_once(ada: Person) -> None:
    ada.swift("PUT", "/c/a b", b"x")
    ada.swift("PUT", "/full")
    ada.swift("PUT", "/full/o", b"x")
    body = b"/c/a%20b\n/c/none\n/c\n/full\n"
    told = ada.swift("POST", "?bulk-delete", body, Accept="application/json").json()
    assert told["Number Deleted"] == 2  # type: ignore[index,call-overload]
    assert told["Number Not Found"] == 1  # type: ignore[index,call-overload]
    assert told["Errors"] == [["/full", "409 Conflict"]]  # type: ignore[index,call-overload]


def test_names_and_metadata_may_be_raw_utf8(ada: Person) -> None:
    value = "blü".encode().decode("latin-1")
    assert ada.swift("PUT", "/c/o", b"x", X_Object_Meta_Color=value).status == 201
    assert ada.swift("HEAD", "/c/o").headers["X-Object-Meta-Color"] == value


def test_an_account_named_twice_is_read_as_the_native_one(ada: Person) -> None:
    ada.ask("PUT", "/c/o", b"x")
    path = f"/pithos/v1/AUTH_{ada.account}/{ada.account}/c/o"
    assert ada.ask("GET", path).body == b"x"


def test_expiring_objects_say_when(ada: Person) -> None:
    assert ada.swift("PUT", "/c/o", b"x", X_Delete_After="100").status == 201
    assert int(ada.swift("HEAD", "/c/o").headers["X-Delete-At"]) > 1_700_000_000
    assert ada.swift("PUT", "/c/o", b"x", X_Delete_At="5").status == 400
