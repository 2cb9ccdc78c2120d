"""Access rules: which calls fit which patterns, and where a call is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.serve.http.dispatch import _known_paths
from synnefo.wire.access_rules import AccessRule, is_allowed


def fits(pattern: str, path: str, method: str = "GET", service: str = "compute") -> bool:
    """Tell whether a call fits a rule for GET of compute."""
    return is_allowed([AccessRule("compute", "GET", pattern)], {service}, method, {path})


@pytest.mark.parametrize(
    ("pattern", "path", "fitting"),
    [
        ("/v2.1/servers", "/v2.1/servers", True),
        ("/v2.1/servers", "/v2.1/servers/1", False),
        ("/v2.1/servers", "/v2x1/servers", False),
        ("/v2.1/servers/*", "/v2.1/servers/1", True),
        ("/v2.1/servers/*", "/v2.1/servers/1/action", False),
        ("/v2.1/servers/*", "/v2.1/servers/", False),
        ("/v2.1/servers/{id}/ips", "/v2.1/servers/1/ips", True),
        ("/v2.1/servers/{id}/ips", "/v2.1/servers/1/2/ips", False),
        ("/v2.1/**", "/v2.1/servers/1/action", True),
        ("/v2.1/**", "/v2.2/servers", False),
        ("**", "/anything/at/all", True),
        ("/a{b", "/a{b", True),
        ("/a+b", "/aab", False),
    ],
)
def test_patterns(pattern: str, path: str, *, fitting: bool) -> None:
    assert fits(pattern, path) is fitting


def test_method_and_service_count_too() -> None:
    assert not fits("**", "/x", method="POST")
    assert not fits("**", "/x", method="HEAD")
    assert not fits("**", "/x", service="image")
    assert not is_allowed([], {"compute"}, "GET", {"/x"})
    assert not is_allowed([AccessRule("compute", "GET", "**")], (), "GET", {"/x"})


@given(st.text("/ab*{}.+\\", max_size=12), st.text("/ab*{}.+\\\n", max_size=12))
def test_any_pattern_is_judged_without_an_error(pattern: str, path: str) -> None:
    fits(pattern, path)


@pytest.mark.parametrize(
    ("path", "prefix", "known"),
    [
        (
            "/cyclades/compute/v2.1/servers",
            "compute/v2.1",
            {"/cyclades/compute/v2.1/servers", "/compute/v2.1/servers", "/v2.1/servers"},
        ),
        ("/network/v2.0/ports/", "network", {"/network/v2.0/ports", "/v2.0/ports"}),
        ("/pithos/v1/AUTH_a/c", "v1", {"/pithos/v1/AUTH_a/c", "/v1/AUTH_a/c"}),
    ],
)
def test_a_call_is_known_whole_and_from_its_version(
    path: str, prefix: str, known: set[str]
) -> None:
    assert known <= _known_paths(path, prefix)


def test_the_end_of_a_path_does_not_pass_for_the_whole() -> None:
    """An object's name may look like another address."""
    paths = _known_paths("/pithos/v1/AUTH_a/private/v1/AUTH_a/public/x", "v1")
    rule = AccessRule("object-store", "GET", "/v1/AUTH_a/public/**")
    assert not is_allowed([rule], {"object-store"}, "GET", paths)
