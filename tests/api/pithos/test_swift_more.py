"""Links, archives of former objects, archives that become objects, forms, and sites."""

import hmac
import io
import tarfile
import time
from typing import Any

import pytest

from tests.api.pithos.conftest import Answered, Person

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"])
NOBODY = Person("", "")
KEY = "correct horse"
MARK = "xxBOUNDARYxx"


def a_tar(files: dict[str, bytes], mode: str = "w", **pax: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload] # mode varies
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.pax_headers = pax
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def a_form(fields: dict[str, str], *files: tuple[str, str, bytes]) -> bytes:
    out = b""
    for name, value in fields.items():
        head = f'--{MARK}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        out += head.encode() + value.encode() + b"\r\n"
    for name, filename, data in files:
        head = f'--{MARK}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"'
        out += head.encode() + b"\r\nContent-Type: text/x-sent\r\n\r\n" + data + b"\r\n"
    return out + f"--{MARK}--\r\n".encode()


def post(who: Person, path: str, body: bytes) -> Answered:
    return who.ask("POST", path, body, kind=f"multipart/form-data; boundary={MARK}")


class TestLinks:
    def test_a_link_shows_its_target_and_itself_on_demand(self, ada: Person) -> None:
        ada.swift("PUT", "/c/a b", b"text", X_Object_Meta_Of="target")
        made = ada.swift("PUT", "/c/l", X_Symlink_Target="c/a%20b", Content_Length="0")
        assert made.status == 201
        got = ada.swift("GET", "/c/l")
        assert (got.body, got.headers["X-Object-Meta-Of"]) == (b"text", "target")
        assert got.headers["Content-Location"].endswith("/c/a%20b")
        link = ada.swift("HEAD", "/c/l?symlink=get").headers
        assert (link["X-Symlink-Target"], link["Content-Length"]) == ("c/a%20b", "0")
        row = ada.swift("GET", "/c?format=json&prefix=l").json()[0]  # type: ignore[index]
        assert row["symlink_path"] == f"/v1/AUTH_{ada.account}/c/a%20b"
        moved = ada.swift("POST", "/c/l", X_Object_Meta_X="y")
        assert (moved.status, moved.headers["Location"]) == (307, row["symlink_path"])

    def test_copies_follow_links_and_copy_them_on_demand(self, ada: Person) -> None:
        ada.swift("PUT", "/c/o", b"text")
        ada.swift("PUT", "/c/l", X_Symlink_Target="c/o", Content_Length="0")
        ada.swift("COPY", "/c/l", Destination="c/plain")
        ada.swift("COPY", "/c/l?symlink=get", Destination="c/link")
        ada.swift("PUT", "/c/o", b"later")
        assert ada.swift("GET", "/c/plain").body == b"text"
        assert ada.swift("GET", "/c/link").body == b"later"

    def test_links_end_somewhere(self, ada: Person) -> None:
        for name, target in (("a", "c/b"), ("b", "c/d"), ("d", "c/a"), ("lost", "c/none")):
            ada.swift("PUT", f"/c/{name}", X_Symlink_Target=target, Content_Length="0")
        assert ada.swift("GET", "/c/a").status == 409
        assert ada.swift("GET", "/c/lost").status == 404
        own = ada.swift("PUT", "/c/x", X_Symlink_Target="c/x", Content_Length="0")
        assert own.status == 400
        assert ada.swift("PUT", "/c/x", b"body", X_Symlink_Target="c/o").status == 400

    def test_a_link_bound_to_an_etag_notices_changes(self, ada: Person) -> None:
        etag = ada.swift("PUT", "/c/o", b"text").headers["ETag"]
        bound = {"X_Symlink_Target": "c/o", "Content_Length": "0"}
        wrong = ada.swift("PUT", "/c/l", X_Symlink_Target_Etag="0" * 32, **bound)
        assert wrong.status == 409
        assert ada.swift("PUT", "/c/l", X_Symlink_Target_Etag=etag, **bound).status == 201
        assert ada.swift("GET", "/c/l").body == b"text"
        ada.swift("PUT", "/c/o", b"other")
        assert ada.swift("GET", "/c/l").status == 409

    def test_a_reader_of_a_link_needs_rights_at_its_target(self, ada: Person, bob: Person) -> None:
        ada.swift("PUT", "/open", X_Container_Read=".r:*")
        ada.swift("PUT", "/c/secret", b"secret")
        ada.swift("PUT", "/open/l", X_Symlink_Target="c/secret", Content_Length="0")
        path = f"/pithos/v1/AUTH_{ada.account}/open/l"
        assert bob.ask("GET", path).status == 403
        assert NOBODY.ask("GET", path).status in {401, 403}


class TestFormerObjects:
    def test_a_stack_shows_the_former_one_again(self, ada: Person) -> None:
        ada.swift("PUT", "/old")
        ada.swift("PUT", "/s", X_Versions_Location="old")
        assert ada.swift("HEAD", "/s").headers["X-Versions-Location"] == "old"
        for body in (b"one", b"two", b"three"):
            ada.swift("PUT", "/s/o", body)
        names = ada.swift("GET", "/old").body.decode().split()
        assert [name[:5] for name in names] == ["001o/", "001o/"]
        for body in (b"two", b"one"):
            ada.swift("DELETE", "/s/o")
            assert ada.swift("GET", "/s/o").body == body
        ada.swift("DELETE", "/s/o")
        assert ada.swift("GET", "/s/o").status == 404
        assert ada.swift("GET", "/old").status == 204

    def test_a_history_notes_what_was_deleted(self, ada: Person) -> None:
        ada.swift("PUT", "/old")
        ada.swift("PUT", "/s", X_History_Location="old")
        ada.swift("PUT", "/s/o", b"one")
        ada.swift("DELETE", "/s/o")
        assert ada.swift("GET", "/s/o").status == 404
        rows: Any = ada.swift("GET", "/old?format=json").json()
        kinds = [row["content_type"] for row in rows]
        assert [row["bytes"] for row in rows] == [3, 0]
        assert kinds[1] == "application/x-deleted;swift_versions_deleted=1"

    def test_it_can_be_ended_and_must_have_a_place(self, ada: Person) -> None:
        ada.swift("PUT", "/s", X_Versions_Location="nowhere")
        ada.swift("PUT", "/s/o", b"one")
        assert ada.swift("PUT", "/s/o", b"two").status == 412
        ada.swift("POST", "/s", X_Remove_Versions_Location="x")
        assert ada.swift("PUT", "/s/o", b"two").status == 201
        both = {"X_Versions_Location": "a", "X_History_Location": "b"}
        assert ada.swift("POST", "/s", **both).status == 400


class TestExtracting:
    @pytest.mark.parametrize(
        ("kind", "mode"), [("tar", "w"), ("tar.gz", "w:gz"), ("tar.bz2", "w:bz2")]
    )
    def test_each_file_becomes_an_object(self, ada: Person, kind: str, mode: str) -> None:
        pax = {"SCHILY.xattr.user.meta.color": "blue", "SCHILY.xattr.user.mime_type": "a/b"}
        body = a_tar({"./new/d/one": b"1" * 70_000, "new/two": b"22"}, mode, **pax)
        path = f"?extract-archive={kind}"
        told: Any = ada.swift("PUT", path, body, Accept="application/json").json()
        assert (told["Number Files Created"], told["Response Status"]) == (2, "201 Created")
        got = ada.swift("GET", "/new/d/one")
        assert (got.body, got.headers["X-Object-Meta-Color"]) == (b"1" * 70_000, "blue")
        assert got.headers["Content-Type"] == "a/b"

    def test_names_lead_nowhere_else(self, ada: Person) -> None:
        body = a_tar({"../../etc/x": b"1", "/abs": b"2", "n" * 1100: b"3"})
        told: Any = ada.swift(
            "PUT", "/c/in?extract-archive=tar", body, Accept="application/json"
        ).json()
        assert (told["Number Files Created"], len(told["Errors"])) == (2, 1)
        assert ada.swift("GET", "/c").body == b"in/../../etc/x\nin/abs\n"

    @pytest.mark.parametrize("body", [b"", b"no archive", b"\x1f\x8bbroken"])
    def test_what_is_no_archive_is_refused(self, ada: Person, body: bytes) -> None:
        answer = ada.swift("PUT", "/c?extract-archive=tar.gz", body)
        assert answer.status == 400 or b"400 Bad Request" in answer.body
        assert ada.swift("PUT", "/c?extract-archive=zip", body).status == 400

    def test_others_extract_nothing_here(self, ada: Person, bob: Person) -> None:
        body = a_tar({"x": b"1"})
        told: Any = bob.ask(
            "PUT", f"/pithos/v1/AUTH_{ada.account}/c?extract-archive=tar", body,
            Accept="application/json",
        ).json()  # fmt: skip
        assert told["Errors"] == [["x", "403 Forbidden"]]


class TestForms:
    def signed(self, ada: Person, prefix: str, **changes: str) -> dict[str, str]:
        ada.swift("POST", "", X_Account_Meta_Temp_URL_Key=KEY)
        facts = {"redirect": "", "max_file_size": "100", "max_file_count": "2",
                 "expires": str(int(time.time()) + 60), **changes}  # fmt: skip
        text = "\n".join([f"/v1/AUTH_{ada.account}/c/{prefix}", *facts.values()])
        return {**facts, "signature": hmac.new(KEY.encode(), text.encode(), "sha256").hexdigest()}

    def test_a_signed_form_stores_its_files(self, ada: Person) -> None:
        form = a_form(self.signed(ada, "p_"), ("f", "ä 1", b"\r\n--xx\r\n"), ("g", "2", b""))
        assert post(NOBODY, f"/pithos/v1/AUTH_{ada.account}/c/p_", form).status == 201
        got = ada.swift("GET", "/c/p_%C3%A4%201")
        assert (got.body, got.headers["Content-Type"]) == (b"\r\n--xx\r\n", "text/x-sent")
        assert ada.swift("GET", "/c/p_2").body == b""

    def test_the_browser_is_sent_on(self, ada: Person) -> None:
        fields = self.signed(ada, "p", redirect="http://example.org/?x=1")
        found = post(
            NOBODY, f"/pithos/v1/AUTH_{ada.account}/c/p", a_form(fields, ("f", "1", b"x"))
        )
        assert found.status == 303
        assert found.headers["Location"] == "http://example.org/?x=1&status=201&message="

    @pytest.mark.parametrize(
        ("changes", "files", "status"),
        [
            ({"expires": "1"}, [b"x"], 401),
            ({"signature": "00" * 32}, [b"x"], 401),
            ({"max_file_size": "1000000"}, [b"x"], 401),
            ({}, [b"x" * 101], 413),
            ({}, [b"1", b"2", b"3"], 400),
        ],
    )
    def test_what_a_form_does_not_allow_is_refused(
        self, ada: Person, changes: dict[str, str], files: list[bytes], status: int
    ) -> None:
        fields = {**self.signed(ada, "p"), **changes}
        form = a_form(fields, *(("f", str(n), data) for n, data in enumerate(files)))
        assert post(NOBODY, f"/pithos/v1/AUTH_{ada.account}/c/p", form).status == status

    def test_a_form_with_a_token_makes_one_object(self, ada: Person) -> None:
        form = a_form({"x": "y"}, ("X-Object-Data", "whatever", b"text" * 1000))
        made = post(ada, "/c/dir/o", form)
        assert (made.status, made.body.decode()) == (201, made.headers["ETag"])
        got = ada.ask("GET", "/c/dir/o")
        assert (got.body, got.headers["Content-Type"]) == (b"text" * 1000, "text/x-sent")
        assert post(NOBODY, f"/pithos/v1/{ada.account}/c/o", form).status == 401
        assert post(ada, "/c/o", a_form({"x": "y"})).status == 400
        assert post(ada, "/c/o", form[:-40]).status == 400
        assert ada.ask("GET", "/c/o").status == 404


class TestSites:
    def get(self, ada: Person, path: str) -> Answered:
        return NOBODY.ask("GET", f"/pithos/v1/AUTH_{ada.account}{path}")

    def test_an_index_a_list_and_an_error_page(self, ada: Person) -> None:
        web = {"X_Container_Meta_Web_Index": "index.html", "X_Container_Meta_Web_Error": "e.html",
               "X_Container_Meta_Web_Listings": "true"}  # fmt: skip
        ada.swift("PUT", "/w", X_Container_Read=".r:*,.rlistings", **web)
        for name, body in (("index.html", b"home"), ("404e.html", b"lost"), ("d/<b>&", b"x")):
            ada.swift("PUT", f"/w/{name}", body)
        moved = self.get(ada, "/w")
        assert (moved.status, moved.headers["Location"]) == (
            301,
            f"/pithos/v1/AUTH_{ada.account}/w/",
        )
        assert self.get(ada, "/w/").body == b"home"
        assert self.get(ada, "/w/d").status == 301
        page = self.get(ada, "/w/d/")
        assert page.status == 200
        assert b"&lt;b&gt;&amp;" in page.body and b"<b>&" not in page.body
        lost = self.get(ada, "/w/none")
        assert (lost.status, lost.body) == (404, b"lost")
        assert page.headers["Content-Security-Policy"].startswith("sandbox")

    def test_it_is_no_site_for_who_may_not_read(self, ada: Person) -> None:
        ada.swift("PUT", "/w", X_Container_Meta_Web_Listings="true")
        ada.swift("PUT", "/w/o", b"x")
        assert self.get(ada, "/w/").status == 401
        assert ada.swift("GET", "/w").body == b"o\n"
        assert b"<table>" in ada.swift("GET", "/w/", X_Web_Mode="true").body
