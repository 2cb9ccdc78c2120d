"""What the coverage pages name is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]
PAGES = sorted((TOP / "docs" / "coverage").glob("*.md"))


def spread(text: str) -> Iterator[str]:
    """Write `a_{b,c}.py` out as the names it stands for."""
    found = re.search(r"\{([^}]*)\}", text)
    if found is None:
        yield text
        return
    for choice in found[1].split(","):
        yield from spread(text[: found.start()] + choice + text[found.end() :])


def rows(page: Path) -> Iterator[tuple[str, str]]:
    """Answer each row's first cell and the one that names tests."""
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] not in {"#", "feature"} and "---" not in cells[0]:
            yield cells[0], cells[-1]


def named_in(cell: str) -> Iterator[str]:
    """Answer the paths of a cell, without the names of tests inside a file."""
    for quoted in re.findall(r"`([^`]+)`", cell):
        for path in spread(quoted.partition("::")[0]):
            if "/" in path:
                yield path if path.startswith("web/") else f"tests/{path}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_row_names_a_test_and_every_test_named_exists(page: Path) -> None:
    missing = [
        f"{row}: {path}"
        for row, cell in rows(page)
        for path in named_in(cell)
        if not (TOP / path).exists()
    ]
    silent = [row for row, cell in rows(page) if not list(named_in(cell))]
    assert (missing, silent) == ([], [])
