"""To where codes may go, and what a scope covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.astakos.domain import redirects

BASE = "https://view.example.org/view"
segments = st.lists(st.text("abc.~-_", min_size=1, max_size=5), max_size=4)


@given(segments)
def test_whatever_is_below_stays_below(parts: list[str]) -> None:
    uri = "/".join([BASE, *parts])
    path = redirects.normalised(uri).removeprefix("https://view.example.org")
    assert redirects.is_within(uri, BASE) == (path == "/view" or path.startswith("/view/"))
    assert "/../" not in path


@given(st.text(max_size=30))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    if redirects.is_absolute(text):
        redirects.is_within(text, BASE)
    assert not redirects.is_same(BASE + "x" + text, BASE)


@pytest.mark.parametrize(
    ("uri", "normal"),
    [
        ("HTTPS://Host/a/./b/../c", "https://host/a/c"),
        ("https://host", "https://host/"),
        ("https://host/a/", "https://host/a/"),
        ("https://host/../..", "https://host/"),
        ("https://host//a", "https://host/a"),
        ("https://host/a?q=1", "https://host/a?q=1"),
    ],
)
def test_addresses_have_one_form(uri: str, normal: str) -> None:
    assert redirects.normalised(uri) == normal


@pytest.mark.parametrize(
    ("asked", "covered"),
    [
        ("https://v/a", True),
        ("https://v/a/b", True),
        ("https://v/a?x", True),
        ("https://v/ab", False),
        ("https://v/", False),
    ],
)
def test_a_scope_ends_at_a_boundary(asked: str, *, covered: bool) -> None:
    assert redirects.covers("https://v/a", asked) is covered
    assert redirects.covers("https://v/a/", "https://v/a/b")


def test_queries_are_added_to_and_replaced() -> None:
    assert redirects.with_query("https://h/a", {"c": "1 2"}) == "https://h/a?c=1+2"
    assert redirects.with_query("https://h/a?x=%20", {"c": "1"}) == "https://h/a?x=%20&c=1"
    assert redirects.with_only_query("pithos://h?x=1#y", {"c": "1"}) == "pithos://h?c=1"


@pytest.mark.parametrize("bad", ["https://h:x/", "https://[h/", "https:///a", "h", "https://a b/"])
def test_what_is_no_address_is_told(bad: str) -> None:
    assert not redirects.is_absolute(bad)


def test_hidden_dots_are_not_within() -> None:
    assert not redirects.is_within(f"{BASE}/%2E%2e/x", BASE)
    assert not redirects.is_within("http://view.example.org/view", BASE)
