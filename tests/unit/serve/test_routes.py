"""Finding a route by method and path."""

import pytest

from synnefo.kit.faults import ItemNotFound, NotAllowed
from synnefo.serve.http.route import Route, RouteTable


def nothing() -> None:
    """Stand for any handler."""


TABLE = RouteTable(
    [
        Route("GET", "/", nothing, name="root"),
        Route("GET", "/servers", nothing, name="list"),
        Route("GET", "/servers/detail", nothing, name="detail"),
        Route("GET", "/servers/{server_id}", nothing, name="show"),
        Route("POST", "/servers/{server_id}/action", nothing, name="action"),
        Route("GET", "/{account}/{container}/{object*}", nothing, name="object"),
        Route("GET", "/{account}/{container}", nothing, name="container"),
    ]
)


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        ("", "root", {}),
        ("/", "root", {}),
        ("/servers", "list", {}),
        ("/servers/", "list", {}),
        ("//servers", "list", {}),
        ("/servers/detail", "detail", {}),
        ("/servers/42", "show", {"server_id": "42"}),
        ("/servers//42/", "show", {"server_id": "42"}),
        ("/acc/box", "container", {"account": "acc", "container": "box"}),
        ("/acc/box/", "container", {"account": "acc", "container": "box"}),
        (
            "/acc/box/a/b//c/",
            "object",
            {"account": "acc", "container": "box", "object": "a/b//c/"},
        ),
        ("/acc/box//a", "object", {"account": "acc", "container": "box", "object": "/a"}),
    ],
)
def test_paths_lead_to_their_routes(path: str, name: str, values: dict[str, str]) -> None:
    route, found = TABLE.find("GET", path)
    assert (route.name, found) == (name, values)


def test_head_is_answered_where_get_is() -> None:
    assert TABLE.find("HEAD", "/servers")[0].name == "list"


def test_an_unknown_path_is_not_found() -> None:
    with pytest.raises(ItemNotFound):
        RouteTable([Route("GET", "/servers", nothing)]).find("GET", "/images")


def test_an_unknown_method_names_those_that_are_allowed() -> None:
    with pytest.raises(NotAllowed) as refused:
        TABLE.find("DELETE", "/servers/42/action")
    assert refused.value.headers == {"Allow": "POST"}


def test_two_routes_for_one_call_are_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="Two routes answer GET /a"):
        RouteTable([Route("GET", "/a", nothing), Route("GET", "/a/", nothing)])
