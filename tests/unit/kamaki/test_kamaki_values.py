"""What people type: sizes, pairs, files and networks of servers, filters, old spellings."""

import base64
from pathlib import Path
from typing import Any

import click
import pytest

from kamaki.asking import keep, same, with_pairs
from kamaki.errors import KamakiError
from kamaki.images import Wish, from_headers, overlaid, read_metafile
from kamaki.listing import without_doubles
from kamaki.output import clean, size
from kamaki.spelling import hoisted, renamed
from kamaki.values import SIZE, Pool, network, pairs, personality, pool
from kamaki.waiting import Patience, Seen, condition, wait

ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "Web One", "metadata": {"OS": "debian"}},
    {"id": 2, "name": "web two", "metadata": {}},
    {"id": 12, "name": "db", "metadata": {"os": "Debian 12"}},
]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, [1, 2, 12]),
        ({"name": "WEB TWO"}, [2]),
        ({"name_prefix": "web"}, [2]),
        ({"name_suffix": "One"}, [1]),
        ({"name_like": "wEb"}, [1, 2]),
        ({"id": "1"}, [1]),
        ({"id_like": "2"}, [2, 12]),
        ({"id_prefix": "1", "name_like": "d"}, [12]),
    ],
)
def test_filters_by_name_and_id_are_combined(filters: dict[str, str], ids: list[int]) -> None:
    assert [row["id"] for row in keep(ROWS, number=None, **filters)] == ids


def test_rows_are_chosen_by_fields_and_by_metadata() -> None:
    assert [row["id"] for row in same(ROWS, name="DB", id=None)] == [12]
    assert [row["id"] for row in with_pairs(ROWS, "metadata", {"os": "debian"})] == [1]
    like = with_pairs(ROWS, "metadata", {"os": "debian"}, like=True)
    assert [row["id"] for row in like] == [1, 12]


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0B"), (1023, "1023B"), (1024, "1KiB"), (1536, "1.5KiB"), (10 * 2**30, "10GiB"),
     (2**52, "4096TiB"), (1_234_567, "1.18MiB")],
)  # fmt: skip
def test_sizes_have_two_decimals_at_most(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(
    ("text", "number"), [("10", 10), ("5 KiB", 5120), ("1gb", 2**30), ("2MB", 2 * 2**20)]
)
def test_sizes_are_read_in_any_unit(text: str, number: int) -> None:
    assert SIZE.convert(text, None, None) == number


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(click.BadParameter):
        SIZE.convert("much", None, None)


def test_pairs_need_a_key() -> None:
    assert pairs(["a=b", "c=d=e", "f="]) == {"a": "b", "c": "d=e", "f": ""}
    for text in ("a", "=b"):
        with pytest.raises(click.BadParameter):
            pairs([text])


class TestPersonality:
    """Files to be put into a new server."""

    def test_a_path_alone_is_enough(self, tmp_path: Path) -> None:
        file = tmp_path / "key"
        file.write_bytes(b"\0secret")
        told = {"path": str(file), "contents": base64.b64encode(b"\0secret").decode()}
        assert personality(str(file)) == told

    def test_places_and_names_can_be_mixed(self, tmp_path: Path) -> None:
        file = tmp_path / "key"
        file.write_text("k")
        found = personality(f"{file},/etc/key,owner=root,group=wheel,mode=0640")
        assert found["path"] == "/etc/key"
        assert (found["owner"], found["group"], found["mode"]) == ("root", "wheel", 0o640)
        assert personality(f"local-path={file},server-path=/x")["path"] == "/x"

    @pytest.mark.parametrize("rest", ["", ",/x,root,root,9z", ",/x,a,b,0600,more"])
    def test_nonsense_is_refused(self, tmp_path: Path, rest: str) -> None:
        file = tmp_path / "key"
        if rest:
            file.touch()
        with pytest.raises(click.BadParameter):
            personality(f"{file}{rest}")


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("5", {"uuid": "5"}),
        ("id=5,ip=10.0.0.3", {"uuid": "5", "fixed_ip": "10.0.0.3"}),
        ("5,10.0.0.3", {"uuid": "5", "fixed_ip": "10.0.0.3"}),
    ],
)
def test_networks_of_a_server_are_read(text: str, wish: dict[str, str]) -> None:
    assert network(text) == wish


@pytest.mark.parametrize("text", ["", "ip=10.0.0.3", "1,2,3"])
def test_networks_without_a_network_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        network(text)


def test_pools_have_two_ends() -> None:
    assert pool("10.0.0.2, 10.0.0.9") == Pool("10.0.0.2", "10.0.0.9")
    with pytest.raises(click.BadParameter):
        pool("10.0.0.2")


class TestSpelling:
    """Options of the program may stand anywhere; old words are understood."""

    def test_options_of_the_program_come_to_the_front(self) -> None:
        words = ["file", "list", "--cloud", "x", "-l", "--ca-certs=y", "-v"]
        assert hoisted(words) == ["--cloud", "x", "--ca-certs=y", "-v", "file", "list", "-l"]

    def test_values_may_stick_to_their_options(self) -> None:
        assert hoisted(["user", "info", "-oa=b", "-crc"]) == ["-oa=b", "-crc", "user", "info"]

    def test_what_follows_two_dashes_is_left_alone(self) -> None:
        assert hoisted(["file", "cat", "--", "-v"]) == ["file", "cat", "--", "-v"]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (["store", "list"], ["file", "list"]),
            (["--cloud", "store", "user", "whoami"], ["--cloud", "store", "user", "info"]),
            (["-o", "a=b", "store", "touch", "x"], ["-o", "a=b", "file", "create", "x"]),
            (["file", "hashmap", "/c/f"], ["file", "info", "--hashmap", "/c/f"]),
            ([], []),
        ],
    )
    def test_old_commands_are_written_as_today(self, old: list[str], new: list[str]) -> None:
        assert renamed(old) == new


class TestImages:
    """Images as headers, and metafiles."""

    def test_a_wish_is_written_as_headers_and_read_again(self) -> None:
        wish = Wish(name="Δ img", location="pithos://u/c/p", is_public=True,
                    properties={"OSFAMILY": "linux", "ROOT_PARTITION": "1"})  # fmt: skip
        headers = wish.headers()
        assert all(value.isascii() for value in headers.values())
        found = from_headers(headers)
        assert found["name"] == "Δ img"
        assert found["is_public"] is True
        assert found["properties"] == {"OSFAMILY": "linux", "ROOT_PARTITION": "1"}

    def test_the_command_line_overrides_the_metafile(self, tmp_path: Path) -> None:
        file = tmp_path / "meta"
        file.write_text('{"Disk-Format": "diskdump", "name": "a", "size": 5, '
                        '"properties": {"os-family": "linux", "x": 1}}')  # fmt: skip
        wish = overlaid(read_metafile(file), Wish(name="b", properties={"X": "2"}))
        assert (wish.name, wish.disk_format, wish.size) == ("b", "diskdump", 5)
        assert wish.properties == {"OS_FAMILY": "linux", "X": "2"}

    @pytest.mark.parametrize("text", ["", "[]", '{"size": "much"}'])
    def test_a_bad_metafile_is_told(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "meta").write_text(text)
        with pytest.raises(KamakiError, match="is no metadata file"):
            read_metafile(tmp_path / "meta")


def test_a_folder_stands_in_a_list_once() -> None:
    rows = [{"name": "d", "content_type": "application/directory"}, {"subdir": "d/"},
            {"subdir": "e/"}, {"name": "f", "content_type": "text/plain"}]  # fmt: skip
    assert without_doubles(rows) == [rows[0], rows[2], rows[3]]


def test_data_cannot_steer_a_terminal() -> None:
    assert clean("a\x1b[31mb\n") == "a\\x1b[31mb\\n"
    assert clean("αβγ") == "αβγ"


class TestWaiting:
    """Polling until the state is right."""

    def test_the_state_reached_is_told(self) -> None:
        answer = wait(
            lambda: Seen("ACTIVE", 100), lambda now: now == "ACTIVE", Patience("Server 4")
        )
        assert answer == "ACTIVE"

    def test_patience_ends(self) -> None:
        with pytest.raises(KamakiError, match="Operation timed out"):
            wait(lambda: Seen("BUILD"), lambda now: now != "BUILD", Patience("S", seconds=0))

    @pytest.mark.parametrize(
        ("stay", "until", "status", "is_done"),
        [
            (None, None, "BUILD", False),
            (None, None, "ACTIVE", True),
            ("active", None, "ACTIVE", False),
            ("ACTIVE", None, "STOPPED", True),
            (None, "stopped", "ACTIVE", False),
            (None, "stopped", "STOPPED", True),
        ],
    )
    def test_while_and_until(
        self, stay: str | None, until: str | None, status: str, *, is_done: bool
    ) -> None:
        assert condition(stay, until, default="BUILD")(status) is is_done

    def test_both_at_once_are_refused(self) -> None:
        with pytest.raises(click.UsageError):
            condition("A", "B", default="BUILD")
