"""The native dialect, as kamaki and the web interface speak it."""

import hashlib
from urllib.parse import quote

import msgspec
import pytest

from synnefo.kit import conf
from synnefo.pithos.settings import PithosSettings
from tests.api.pithos.conftest import BASE, LIMIT, Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])


def test_no_token_is_refused_and_a_wrong_one_too(ada: Person) -> None:
    nobody = Person(ada.account, "")
    answer = nobody.ask("GET", "/c")
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (
        401,
        f'Swift realm="{ada.account}"',
    )
    assert Person(ada.account, "wrong").ask("GET", "/c").status == 401


def test_an_object_goes_in_and_comes_out(ada: Person) -> None:
    body = b"some bytes" * 1000
    put = ada.ask("PUT", "/c/dir/file.txt", body, kind="text/plain", X_Object_Meta_foo_BAR="v")
    assert put.status == 201
    assert put.headers["ETag"] == hashlib.md5(body).hexdigest()
    got = ada.ask("GET", "/c/dir/file.txt")
    assert (got.status, got.body) == (200, body)
    assert got.headers["X-Object-Meta-Foo-Bar"] == "v"
    assert got.headers["X-Object-Hash"] == hashlib.sha256(body).hexdigest()
    assert got.headers["Content-Disposition"] == 'inline; filename="file.txt"'
    head = ada.ask("HEAD", "/c/dir/file.txt")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "10000")


def test_ranges_are_answered_as_the_standard_says(ada: Person) -> None:
    ada.ask("PUT", "/c/o", b"0123456789")
    one = ada.ask("GET", "/c/o", Range="bytes=2-4")
    assert (one.status, one.body, one.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert ada.ask("GET", "/c/o", Range="bytes=-3").body == b"789"
    assert ada.ask("GET", "/c/o", Range="bytes=8-99").body == b"89"
    assert ada.ask("GET", "/c/o", Range="bytes=4-2").status == 200
    none = ada.ask("GET", "/c/o", Range="bytes=10-")
    assert (none.status, none.headers["Content-Range"]) == (416, "bytes */10")
    many = ada.ask("GET", "/c/o", Range="bytes=0-1,5-")
    assert many.status == 206
    assert many.body.count(b"Content-Range: bytes ") == 2
    assert b"\r\n\r\n56789\r\n--" in many.body
    etag = ada.ask("HEAD", "/c/o").headers["ETag"]
    assert ada.ask("GET", "/c/o", Range="bytes=1-1", If_Range=f'"{etag}"').status == 206
    assert ada.ask("GET", "/c/o", Range="bytes=1-1", If_Range='"other"').status == 200


def test_conditions_hold_for_reading_and_writing(ada: Person) -> None:
    assert ada.ask("PUT", "/c/o", b"x", If_None_Match="*").status == 201
    assert ada.ask("PUT", "/c/o", b"x", If_None_Match="*").status == 412
    head = ada.ask("HEAD", "/c/o").headers
    assert ada.ask("GET", "/c/o", If_None_Match=head["X-Object-Hash"]).status == 304
    assert ada.ask("GET", "/c/o", If_Match="other").status == 412
    assert ada.ask("GET", "/c/o", If_Modified_Since=head["Last-Modified"]).status == 304
    assert ada.ask("GET", "/c/o", If_Modified_Since="nonsense").status == 200
    old = "Sunday, 06-Nov-94 08:49:37 GMT"
    assert ada.ask("GET", "/c/o", If_Unmodified_Since=old).status == 412
    assert ada.ask("GET", "/c/o", If_Unmodified_Since="Sun Nov  6 08:49:37 1994").status == 412


@pytest.mark.parametrize("is_wanted", [True, False])
@pytest.mark.parametrize("size", [1, 5 * 2**20])
def test_a_wrong_md5_is_422_and_nothing_is_there(ada: Person, size: int, is_wanted: bool) -> None:
    with conf.override(PithosSettings, pithos_update_md5=is_wanted):
        assert ada.ask("PUT", "/c/o", b"x" * size, ETag="0" * 32).status == 422
    assert ada.ask("GET", "/c/o").status == 404


def test_without_md5_the_root_names_the_content_and_a_manifest_takes_it(ada: Person) -> None:
    body = bytes(range(256)) * (20 * 1024)
    with conf.override(PithosSettings, pithos_update_md5=False):
        put = ada.ask("PUT", "/c/o", body)
        head = ada.ask("HEAD", "/c/o").headers
        assert put.headers["ETag"] == head["ETag"] == head["X-Object-Hash"]
        listed = ada.ask("GET", "/c?format=json").json()
        assert [row["hash"] for row in listed] == [head["ETag"]]
        manifest = [{"path": "/c/o", "etag": head["ETag"], "size_bytes": len(body)}]
        made = ada.ask("PUT", "/c/m?multipart-manifest=put", msgspec.json.encode(manifest))
        assert made.status == 201
        assert ada.ask("GET", "/c/m").body == body


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("x" * 1024, 201),
        ("x" * 1025, 400),
        ("ünïcødé/😀/ trailing ", 201),
        ("/leading", 201),
        ("a//b", 201),
        ("é" * 512, 201),
        ("100%", 201),
        ("end/", 201),
        ("?&=#", 201),
    ],
)
def test_names_are_kept_as_they_are(ada: Person, name: str, status: int) -> None:
    path = f"/c/{quote(name)}"
    assert ada.ask("PUT", path, b"data").status == status
    if status == 201:
        assert ada.ask("GET", path).body == b"data"
        assert ada.ask("GET", "/c").body.decode() == f"{name}\n"
        assert ada.ask("DELETE", path).status == 204


def test_a_container_answers_its_codes(ada: Person) -> None:
    assert ada.ask("PUT", "/c").status == 202
    assert ada.ask("GET", "/c").status == 204
    assert ada.ask("HEAD", "/missing").status == 404
    assert ada.ask("PUT", "/missing/o", b"x").status == 404
    assert ada.ask("PUT", f"/{'n' * 257}").status == 400
    ada.ask("PUT", "/c/o", b"x")
    assert ada.ask("DELETE", "/c").status == 409
    head = ada.ask("HEAD", "/c").headers
    assert head["X-Container-Object-Count"] == "1"
    assert (head["X-Container-Block-Size"], head["X-Container-Block-Hash"]) == (
        "4194304",
        "sha256",
    )
    assert ada.ask("DELETE", "/c?delimiter=/").status == 204
    assert ada.ask("DELETE", "/c?until=1426000000.12").status == 204
    assert ada.ask("GET", "/c").status == 404


def test_lists_come_as_text_json_and_xml(ada: Person) -> None:
    ada.ask("PUT", "/c/d/o", b"x")
    assert ada.ask("GET", "/c?delimiter=/").body == b"d/\n"
    assert ada.ask("GET", "/c?delimiter=/&format=json").json() == [{"subdir": "d/"}]
    row = ada.ask("GET", "/c?format=json").json()[0]  # type: ignore[index]
    assert (row["name"], row["bytes"], row["hash"]) == ("d/o", 1, hashlib.md5(b"x").hexdigest())
    assert row["last_modified"].endswith("+00:00")
    xml = ada.ask("GET", "/c?format=xml").body
    assert b"<name>d/o</name>" in xml
    assert ada.ask("GET", "?format=json").json()[0]["name"] == "c"  # type: ignore[index]
    assert ada.ask("GET", "/c?path=d&format=json").json()[0]["name"] == "d/o"  # type: ignore[index]


def test_the_hash_map_protocol_asks_for_missing_blocks_only(ada: Person) -> None:
    first, second = b"1" * 4194304, b"22"
    hashes = [hashlib.sha256(one).hexdigest() for one in (first, second)]
    body = f'{{"bytes": {4194304 + 2}, "hashes": ["{hashes[0]}", "{hashes[1]}"]}}'.encode()
    answer = ada.ask("PUT", "/c/o?hashmap&format=json", body, kind="text/plain")
    assert (answer.status, answer.json()) == (409, hashes)
    for block, name in zip((first, second), hashes, strict=True):
        sent = ada.ask("POST", "/c?update&format=json", block, kind="application/octet-stream")
        assert (sent.status, sent.json()) == (202, [name])
    answer = ada.ask("PUT", "/c/o?hashmap&format=json", body, kind="text/plain")
    assert answer.status == 201
    got = ada.ask("GET", "/c/o?hashmap&format=json")
    assert got.json() == {
        "block_size": 4194304,
        "block_hash": "sha256",
        "bytes": 4194306,
        "hashes": hashes,
    }
    assert answer.headers["ETag"] == got.headers["X-Object-Hash"]
    assert ada.ask("GET", "/c/o").body == first + second
    assert ada.ask("PUT", "/c/o?hashmap", b"<xml/>").status == 400
    assert ada.ask("PUT", "/c/e?hashmap", b'{"bytes": 0, "hashes": []}').status == 201
    empty = ada.ask("GET", "/c/e?hashmap").json()
    assert empty["hashes"] == [hashlib.sha256(b"").hexdigest()]  # type: ignore[index,call-overload]


def test_metadata_are_replaced_merged_and_limited(ada: Person) -> None:
    ada.ask("PUT", "/c/o", b"x", X_Object_Meta_A="1", X_Object_Meta_B="2")
    assert ada.ask("POST", "/c/o?update", X_Object_Meta_A="", X_Object_Meta_C="3").status == 202
    head = ada.ask("HEAD", "/c/o").headers
    assert ("X-Object-Meta-A" in head, head["X-Object-Meta-B"]) == (False, "2")
    assert ada.ask("POST", "/c/o", X_Object_Meta_D="%C3%BC").status == 202
    head = ada.ask("HEAD", "/c/o").headers
    assert ("X-Object-Meta-B" in head, head["X-Object-Meta-D"]) == (False, "%C3%BC")
    assert ada.ask("POST", "/c/o", X_Object_Meta_Big="x" * 257).status == 400
    assert ada.ask("POST", "/c/o", X_Object_Meta_Bad="ü").status == 400


def test_copies_and_moves_answer_their_codes(ada: Person, bob: Person) -> None:
    ada.ask("PUT", "/c/o", b"x", X_Object_Meta_A="1")
    assert ada.ask("COPY", "/c/o", Destination="/c/p").status == 201
    assert ada.ask("PUT", "/c/q", X_Copy_From="/c/o", Content_Length="0").status == 201
    assert ada.ask("HEAD", "/c/q").headers["X-Object-Meta-A"] == "1"
    assert ada.ask("MOVE", "/c/p", Destination="/c/r").status == 201
    assert ada.ask("GET", "/c/p").status == 404
    assert ada.ask("COPY", "/c/none", Destination="/c/p").status == 404
    assert ada.ask("COPY", "/c/o", Destination="nowhere").status == 400
    bob.ask("PUT", "/b")
    theft = {"X_Copy_From": "/c/o", "X_Source_Account": ada.account, "Content_Length": "0"}
    stolen = bob.ask("PUT", "/b/o", **theft)
    assert stolen.status == 403


def test_versions_are_listed_and_read(ada: Person) -> None:
    first = ada.ask("PUT", "/c/o", b"one").headers["X-Object-Version"]
    ada.ask("PUT", "/c/o", b"two")
    listed = ada.ask("GET", "/c/o?version=list&format=json").json()
    assert str(listed["versions"][0][0]) == first  # type: ignore[index,call-overload]
    assert ada.ask("GET", f"/c/o?version={first}").body == b"one"
    assert ada.ask("GET", "/c/o?version=nine").status == 404


def test_a_stranger_gets_in_nowhere(ada: Person, bob: Person) -> None:
    ada.ask("PUT", "/c/o", b"x")
    root = f"/pithos/v1/{ada.account}"
    for method in ("HEAD", "GET", "POST", "DELETE"):
        for path in ("", "/c", "/c/o"):
            answer = bob.ask(method, root + path)
            assert answer.status == 403, (method, path)
    assert bob.ask("PUT", f"{root}/c/o", b"y").status == 403
    assert bob.ask("PUT", f"{root}/mine").status == 403
    assert bob.ask("MOVE", f"{root}/c/o", Destination="/b/o").status == 403


def test_sharing_lets_another_read(ada: Person, bob: Person) -> None:
    ada.ask("PUT", "/c/o", b"shared", X_Object_Sharing=f"read={bob.account}")
    root = f"/pithos/v1/{ada.account}"
    got = bob.ask("GET", f"{root}/c/o")
    assert (got.body, got.headers["X-Object-Allowed-To"]) == (b"shared", "read")
    assert bob.ask("PUT", f"{root}/c/o", b"y").status == 403
    assert bob.ask("GET", f"{root}/c").body == b"o\n"
    assert bob.ask("GET", "/pithos/v1/").body.decode() == f"{ada.account}\n"
    ada.ask("POST", "/c/o?update", X_Object_Sharing="~")
    assert bob.ask("GET", f"{root}/c/o").status == 403
    assert ada.ask("POST", "/c/o?update", X_Object_Sharing="nonsense").status == 400


def test_a_public_object_is_read_by_its_address_alone(ada: Person) -> None:
    ada.ask("PUT", "/c/o", b"for all", X_Object_Public="true")
    url = ada.ask("HEAD", "/c/o").headers["X-Object-Public"]
    nobody = Person("", "")
    got = nobody.ask("GET", url.removeprefix(BASE))
    assert (got.status, got.body) == (200, b"for all")
    assert not [name for name in got.headers if name.startswith("X-Object")]
    assert nobody.ask("GET", "/pithos/public/wrong").status == 404
    ada.ask("POST", "/c/o?update", X_Object_Public="false")
    assert nobody.ask("GET", url.removeprefix(BASE)).status == 404


def test_who_may_write_a_public_object_cannot_make_it_show_what_they_may_not_read(
    ada: Person, bob: Person
) -> None:
    ada.ask("PUT", "/c/secret-plan", b"private")
    ada.ask("PUT", "/c/o", b"for all", X_Object_Public="true")
    ada.ask("POST", "/c/o?update", X_Object_Sharing=f"write={bob.account}")
    url = ada.ask("HEAD", "/c/o").headers["X-Object-Public"].removeprefix(BASE)
    path, trick = f"/pithos/v1/{ada.account}/c/o", {"X_Object_Manifest": "c/secret"}
    assert bob.ask("PUT", path, b"x", **trick).status == 403
    assert bob.ask("POST", f"{path}?update", **trick).status == 403
    bob.ask("PUT", "/b")
    assert bob.ask("PUT", "/b/o", b"x", **trick).status == 201
    to_ada = {"Destination": "/c/o", "Destination_Account": ada.account}
    assert bob.ask("COPY", "/b/o", **to_ada).status == 403
    assert Person("", "").ask("GET", url).body == b"for all"
    assert bob.ask("PUT", path, b"by bob").status == 201
    assert ada.ask("PUT", "/c/o", b"x", **trick).status == 201
    assert Person("", "").ask("GET", url).body == b"private"


def test_over_quota_is_413_and_nothing_is_stored(ada: Person) -> None:
    size = 20 * 2**20
    assert LIMIT == 50 * 2**20
    assert ada.ask("PUT", "/c/a", bytes(size)).status == 201
    assert ada.ask("PUT", "/c/b", bytes(size)).status == 201
    answer = ada.ask("PUT", "/c/c", bytes(size))
    assert answer.status == 413
    assert b"overLimit" in answer.body
    assert ada.ask("GET", "/c").body == b"a\nb\n"
    assert ada.ask("DELETE", "/c/a").status == 204
    assert ada.ask("PUT", "/c/c", bytes(size)).status == 201


def test_data_updates_append_and_truncate(ada: Person) -> None:
    ada.ask("PUT", "/c/o", b"0123456789")
    kind = "application/octet-stream"
    done = ada.ask("POST", "/c/o?update", b"ab", kind=kind, Content_Range="bytes */*")
    assert done.status == 204
    ada.ask("POST", "/c/o?update", b"XY", kind=kind, Content_Range="bytes 2-3/*")
    assert ada.ask("GET", "/c/o").body == b"01XY456789ab"
    beyond = ada.ask("POST", "/c/o?update", b"XY", kind=kind, Content_Range="bytes 20-21/*")
    assert beyond.status == 416
    ada.ask(
        "POST",
        "/c/o?update",
        Content_Range="bytes 0-4/*",
        X_Source_Object="/c/o",
        X_Object_Bytes="4",
    )
    assert ada.ask("GET", "/c/o").body == b"01XY"


def test_groups_and_account_metadata_are_kept(ada: Person, bob: Person) -> None:
    ada.ask("POST", "?update", X_Account_Group_Friends=bob.account, X_Account_Meta_A="1")
    head = ada.ask("HEAD", "").headers
    assert (head["X-Account-Group-Friends"], head["X-Account-Meta-A"]) == (bob.account, "1")
    ada.ask("PUT", "/c/o", b"x", X_Object_Sharing=f"read={ada.account}:friends")
    assert bob.ask("GET", f"/pithos/v1/{ada.account}/c/o").status == 200
    ada.ask("POST", "?update", X_Account_Group_Friends="~")
    assert bob.ask("GET", f"/pithos/v1/{ada.account}/c/o").status == 403


def test_an_account_tells_what_it_may_store(ada: Person) -> None:
    head = ada.ask("HEAD", "").headers
    assert head["X-Account-Policy-Quota"] == str(LIMIT)
    assert head[f"X-Account-Policy-Quota-{ada.account}"] == str(LIMIT)
    assert "X-Account-Policy-Quota" not in ada.swift("HEAD", "").headers


def test_unknown_methods_are_405_with_what_is_allowed(ada: Person) -> None:
    answer = ada.ask("PATCH", "/c/o")
    assert answer.status == 405
    assert "COPY" in answer.headers["Allow"]
