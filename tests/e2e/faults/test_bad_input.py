"""Files, names and strangers that are not as one would wish, on a whole cloud."""

import hashlib
import http.client
import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from synnefo.clients.http import Answer
from synnefo.kit.units import GIB, MIB
from tests.e2e.conftest import Cloud
from tests.e2e.faults import clouds
from tests.e2e.faults.clouds import Person, wait_for
from tests.support.images import a_raw

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_root,
    pytest.mark.needs_qemu,
]
GLANCE = "/cyclades/image/v2/images"
OCTETS = {"Content-Type": "application/octet-stream"}
BLOCK = 4 * MIB
NOTHING = hashlib.sha256(b"").hexdigest()


class TestImages:
    def test_what_is_no_image_is_refused_and_not_shown(self, user: Person) -> None:
        image = _queued(user, disk_format="qcow2")
        told = user.once("PUT", f"{GLANCE}/{image}/file", b"No disk at all.\n" * 9999, OCTETS)
        assert told.status == 415
        assert "qcow2" in told.body.decode()
        _is_invisible(user, image)

    def test_what_is_larger_than_the_quota_is_refused_and_leaves_nothing(
        self, pretending: Cloud, user: Person
    ) -> None:
        used = _stored(user)
        clouds.limit(pretending, user, {"pithos.diskspace": str(used + 8 * MIB)})
        try:
            image = _queued(user)
            told = user.once("PUT", f"{GLANCE}/{image}/file", _noise(16 * MIB), OCTETS)
            assert told.status == 413
            assert "quota" in told.body.decode()
        finally:
            clouds.limit(pretending, user, {"pithos.diskspace": clouds.PLENTY})
        _is_invisible(user, image)
        assert _stored(user) == used
        _everything_stored_is_needed(pretending)

    def test_what_is_cut_off_at_half_leaves_nothing(self, pretending: Cloud, user: Person) -> None:
        image = _queued(user)
        line = _line(user)
        line.putrequest("PUT", f"{GLANCE}/{image}/file")
        for name, value in {**OCTETS, "X-Auth-Token": user.token}.items():
            line.putheader(name, value)
        line.putheader("Content-Length", str(24 * MIB))
        line.endheaders(_noise(12 * MIB))
        line.close()
        wait_for(
            lambda: user("GET", f"{GLANCE}/{image}")["status"] == "queued",
            lambda: user("GET", f"{GLANCE}/{image}"),
        )
        _is_invisible(user, image)
        _everything_stored_is_needed(pretending)

    def test_a_wrong_checksum_is_refused(self, user: Person) -> None:
        image = _queued(user, **{"owner_specified.openstack.sha256": "0" * 64})
        told = user.once("PUT", f"{GLANCE}/{image}/file", a_raw(), OCTETS)
        assert told.status == 400
        assert "is not the one that was sent" in told.body.decode()
        _is_invisible(user, image)

    def test_of_two_uploads_of_one_image_at_once_one_is_taken(self, user: Person) -> None:
        image = _queued(user)
        contents = [a_raw(9 * MIB, name) for name in (b"one", b"two", b"three", b"four")]
        with ThreadPoolExecutor() as pool:
            told = list(
                pool.map(
                    lambda body: user.once("PUT", f"{GLANCE}/{image}/file", body, OCTETS), contents
                )
            )
        assert sorted(one.status for one in told) == [204, 409, 409, 409]
        kept = user.once("GET", f"{GLANCE}/{image}/file").body
        assert kept == contents[[one.status for one in told].index(204)]
        user("DELETE", f"{GLANCE}/{image}")

    def test_ten_gib_of_nothing_become_a_machine_and_take_no_room(
        self, pretending: Cloud, user: Person
    ) -> None:
        before = _room(pretending)
        head = a_raw(BLOCK, b"sparse")
        path = f"/pithos/v1/{user.project}"
        user("PUT", f"{path}/sparse")
        words = {"bytes": 10 * GIB, "hashes": [_hash(head), *[NOTHING] * (10 * GIB // BLOCK - 1)]}
        hashmap = f"{path}/sparse/disk?hashmap&format=json"
        missing = user.once("PUT", hashmap, json.dumps(words).encode())
        assert (missing.status, missing.read(list[str])) == (409, [_hash(head)])
        assert user.once("POST", f"{path}/sparse?update", head, OCTETS).status == 202
        assert user.once("PUT", hashmap, json.dumps(words).encode()).status == 201
        place = {
            "X-Image-Meta-Name": "sparse",
            "X-Image-Meta-Location": f"pithos://{user.project}/sparse/disk",
        }
        made = user.once("POST", "/cyclades/image/v1.0/images/", headers=place)
        assert made.status == 200, made
        flavors = user.compute("GET", "/flavors/detail")["flavors"]
        large = next(one["id"] for one in flavors if one["disk"] == 20)
        order = user.order("sparse", imageRef=made.headers["x-image-meta-id"], flavorRef=large)
        user.compute("POST", "/servers", order)
        wait_for(user.settled("ACTIVE"), user.states)
        assert _room(pretending) - before < 2 * MIB
        user("DELETE", f"{GLANCE}/{made.headers['x-image-meta-id']}")

    def test_zeros_that_are_sent_are_not_stored(self, pretending: Cloud, user: Person) -> None:
        before = _room(pretending)
        image = _queued(user)
        told = user.once("PUT", f"{GLANCE}/{image}/file", a_raw(256 * MIB, b"zeros"), OCTETS)
        assert told.status == 204
        assert user("GET", f"{GLANCE}/{image}")["size"] == 256 * MIB
        assert _room(pretending) - before < 2 * MIB
        user("DELETE", f"{GLANCE}/{image}")


class TestFiles:
    def test_names_may_be_long_and_strange_but_not_longer(self, user: Person) -> None:
        path = f"/pithos/v1/{user.project}/names"
        user("PUT", path)
        good = ["ναι/και//όχι", "a b%2F?#&;=+", "…/..…/.x", "é" * 1024, "x/" * 512, "\U0001f4be"]
        for name in good:
            assert user.once("PUT", f"{path}/{quote(name)}", name.encode()).status == 201, name
        for name in ("x" * 1025, "é" * 1025):
            told = user.once("PUT", f"{path}/{quote(name)}", b"")
            assert told.status == 400
            assert "1024" in told.body.decode()
        listed = user("GET", f"{path}?format=json")
        assert sorted(one["name"] for one in listed) == sorted(good)
        for name in good:
            assert user.once("GET", f"{path}/{quote(name)}").body == name.encode()

    def test_of_many_uploads_of_one_name_at_once_one_whole_is_kept(self, user: Person) -> None:
        path = f"/pithos/v1/{user.project}/race"
        user("PUT", path)
        contents = [bytes([number]) * (5 * MIB + number) for number in range(8)]
        with ThreadPoolExecutor() as pool:
            told = list(pool.map(lambda body: user.once("PUT", f"{path}/o", body), contents))
        assert {one.status for one in told} == {201}
        kept = user.once("GET", f"{path}/o").body
        assert kept in contents
        assert int(user.once("HEAD", path).headers["X-Container-Bytes-Used"]) == len(kept)
        wait_for(
            lambda: user.quota("pithos.diskspace")["usage"] == _stored(user),
            lambda: (user.quota("pithos.diskspace"), _stored(user)),
        )


class TestStrangers:
    def test_what_belongs_to_somebody_else_is_not_there(
        self, pretending: Cloud, user: Person
    ) -> None:
        other = clouds.newcomer(pretending, "stranger@example.org")
        image = _queued(user)
        assert user.once("PUT", f"{GLANCE}/{image}/file", a_raw(), OCTETS).status == 204
        assert other.once("GET", f"{GLANCE}/{image}").status == 404
        assert other.once("GET", f"{GLANCE}/{image}/file").status == 404
        wanted = other.order("theirs", imageRef=image)
        refused = other.once("POST", _SERVERS, wanted)
        assert (refused.status, image in refused.body.decode()) == (404, True)
        wanted = other.order("theirs", flavorRef=_hidden(pretending))
        assert other.once("POST", _SERVERS, wanted).status == 404
        assert other.servers() == []
        assert other.quota("cyclades.vm")["usage"] == 0
        user("DELETE", f"{GLANCE}/{image}")

    def test_a_token_that_ends_between_two_pages_ends_the_list(
        self, pretending: Cloud, user: Person
    ) -> None:
        path = f"/pithos/v1/{user.project}/pages"
        user("PUT", path)
        for number in range(4):
            user("PUT", f"{path}/{number}")
        guest = _with_short_token(user)
        assert guest.once("GET", f"{path}?limit=2").status == 200
        assert guest.once("GET", f"{_SERVERS}?limit=2").status == 200
        _end_token(guest)
        for page in (f"{path}?limit=2&marker=1", f"{_SERVERS}?limit=2"):
            wait_for(partial(_is_locked_out, guest, page), lambda: "The token works.", 15)

    def test_a_token_that_ends_in_the_middle_of_an_upload_leaves_all_or_nothing(
        self, user: Person
    ) -> None:
        image = _queued(user)
        guest, content = _with_short_token(user), a_raw(16 * MIB, b"middle")

        def pieces() -> Iterator[bytes]:
            yield content[: 8 * MIB]
            _end_token(guest)
            yield content[8 * MIB :]

        headers = {**OCTETS, "X-Auth-Token": guest.token}
        line = _line(guest)
        line.request("PUT", f"{GLANCE}/{image}/file", pieces(), headers, encode_chunked=True)
        status = line.getresponse().status
        line.close()
        shown = user("GET", f"{GLANCE}/{image}")
        if status == 204:
            assert shown["checksum"] == hashlib.md5(content, usedforsecurity=False).hexdigest()
        else:
            assert (status, shown["status"]) == (401, "queued")
        user("DELETE", f"{GLANCE}/{image}")


@pytest.mark.timeout(300)
def test_two_hundred_creations_at_once_against_a_quota_of_five_make_five(
    pretending: Cloud, user: Person
) -> None:
    order = user.order("crowd")
    clouds.limit(pretending, user, {"cyclades.vm": "5"})
    with ThreadPoolExecutor(200) as pool:
        told: list[Answer] = list(
            pool.map(lambda _: user.once("POST", _SERVERS, order), range(200))
        )
    assert sorted(one.status for one in told) == [202] * 5 + [403] * 195
    assert all("quota" in one.body.decode().lower() for one in told if one.status == 403)
    wait_for(user.settled("ACTIVE"), user.states)
    assert len(user.servers()) == 5
    assert user.quota("cyclades.vm")["usage"] == 5
    wait_for(lambda: user.quota("cyclades.vm")["pending"] == 0, lambda: user.quota("cyclades.vm"))


_SERVERS = "/cyclades/compute/v2.1/servers"


def _queued(user: Person, **fields: str) -> str:
    """Announce an image that has no content yet."""
    wanted = {"name": "bad", "disk_format": "raw", "container_format": "bare", **fields}
    return str(user("POST", GLANCE, wanted)["id"])


def _is_invisible(user: Person, image: str) -> None:
    """See that an image has no content, then forget it."""
    shown = user("GET", f"{GLANCE}/{image}")
    assert (shown["status"], shown["size"]) == ("queued", None)
    assert user.once("GET", f"{GLANCE}/{image}/file").status in {204, 404, 409}
    user("DELETE", f"{GLANCE}/{image}")


def _stored(user: Person) -> int:
    """Tell how many bytes the files of a user have."""
    headers = user.once("HEAD", f"/pithos/v1/{user.project}").headers
    return int(headers["X-Account-Bytes-Used"])


def _everything_stored_is_needed(cloud: Cloud) -> None:
    """Collect garbage; afterwards there is none."""
    assert cloud.manage("pithos-gc", "--grace", "0", "--remove").returncode == 0
    told = cloud.manage("pithos-gc", "--grace", "0").stdout
    assert "; 0 of" in told, told


def _hidden(cloud: Cloud) -> str:
    """Make a flavor that only granted projects may use."""
    kinds = json.loads(cloud.manage("volume-type-list", "--output-format", "json").stdout)
    made = cloud.manage("flavor-create", "1", "64", "1", str(kinds[0]["id"]), "--public", "False")
    assert made.returncode == 0, made.stderr
    flavors = json.loads(cloud.manage("flavor-list", "--output-format", "json").stdout)
    return str(max(int(one["id"]) for one in flavors))


def _with_short_token(user: Person) -> Person:
    """Answer the same person with another token."""
    asked = {
        "auth": {
            "identity": {"methods": ["token"], "token": {"id": user.token}},
            "scope": {"project": {"id": user.project}},
        }
    }
    made = user.once("POST", "/astakos/identity/v3/auth/tokens", asked)
    assert made.status == 201, made
    login = {"token": made.headers["x-subject-token"], "project": user.project}
    return Person(user.cloud, login)


def _end_token(guest: Person) -> None:
    told = guest.once(
        "DELETE", "/astakos/identity/v3/auth/tokens", headers={"X-Subject-Token": guest.token}
    )
    assert told.status == 204


def _is_locked_out(guest: Person, page: str) -> bool:
    return guest.once("GET", page).status == 401


def _line(user: Person) -> http.client.HTTPConnection:
    address = urlsplit(user.cloud.url)
    return http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)


def _noise(size: int) -> bytes:
    """Make a disk that nobody has stored yet."""
    return a_raw(512) + os.urandom(size - 512)


def _hash(block: bytes) -> str:
    return hashlib.sha256(block.rstrip(b"\0")).hexdigest()


def _room(cloud: Cloud) -> int:
    """Tell how much disk the blocks of a cloud take, in bytes."""
    folder = Path(cloud.data / "blocks")
    done = subprocess.run(
        ["du", "-s", "-B1", str(folder)], check=True, capture_output=True, text=True
    )
    return int(done.stdout.split()[0])
