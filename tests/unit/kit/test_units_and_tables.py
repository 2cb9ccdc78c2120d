"""Sizes and tables as people read them."""

import json

import pytest

from synnefo.kit import tables, units


@pytest.mark.parametrize(
    ("text", "size"),
    [("10G", 10 * units.GIB), ("512 MiB", 512 * units.MIB), ("4096", 4096), ("1.5k", 1536)],
)
def test_sizes_are_read_with_their_units(text: str, size: int) -> None:
    assert units.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "ten", "10X", "-5", "1..5G"])
def test_what_is_no_size_is_refused_with_advice(text: str) -> None:
    with pytest.raises(ValueError, match="Write a number and a unit"):
        units.parse_size(text)


def test_sizes_are_written_for_people() -> None:
    assert [units.human_size(n) for n in (0, 1023, 1536, units.GIB)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "1.0 GiB",
    ]


ROWS = [{"id": 1, "name": "first", "on": True}, {"id": 22, "name": None, "on": False}]


def test_a_table_lines_its_columns_up() -> None:
    assert tables.render(ROWS, ["id", "name", "on"]).splitlines() == [
        "id   name   on",
        "--  -----  ---",
        " 1  first  yes",
        "22      -   no",
    ]


def test_csv_and_json_keep_values_for_programs() -> None:
    assert tables.render(ROWS, ["id", "name"], "csv") == "id,name\n1,first\n22,"
    assert json.loads(tables.render(ROWS, ["id", "on"], "json")) == [
        {"id": 1, "on": True},
        {"id": 22, "on": False},
    ]


def test_control_characters_reach_no_terminal() -> None:
    rows = [{"name": "a\x1b[31mb\nc"}]
    assert "\x1b" not in tables.render(rows, ["name"])
    assert tables.render(rows, ["name"], "csv").splitlines() == ["name", "a\\x1b[31mb\\nc"]
    assert tables.render_pairs({"name": "a\rb"}) == "name: a\\rb"
