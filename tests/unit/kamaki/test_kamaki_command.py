"""The command itself: how it starts, what it says when something is wrong."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from kamaki import cli
from synnefo.clients import http

CLOUD = "http://cloud.test"
CATALOGUE = [
    {"type": kind, "endpoints": [{"publicURL": f"{CLOUD}/{kind}"}]}
    for kind in ("identity", "account", "compute", "image", "network", "object-store")
]
ACCESS = {"access": {"user": {"id": "u-1", "name": "me"}, "serviceCatalog": CATALOGUE}}
Run = Callable[..., tuple[int, str, str]]


class FakeCloud:
    """An application that answers what it was told to, by method and path."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[str, Any]] = {
            "POST /identity/v2.0/tokens": ("200 OK", ACCESS)
        }
        self.seen: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["SCRIPT_NAME"] + environ["PATH_INFO"]
        asked = f"{environ['REQUEST_METHOD']} {path}"
        self.seen.append(asked)
        environ["wsgi.input"].read()
        missing = {"itemNotFound": {"code": 404, "message": "There is no such thing."}}
        status, body = self.answers.get(asked, ("404 Not Found", missing))
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]


@pytest.fixture
def cloud() -> Iterable[FakeCloud]:
    app = FakeCloud()
    http.mount(CLOUD, app)
    yield app
    http.unmount(CLOUD)
    http.watch(lambda _line: None, bodies=False)


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the command with a configuration of its own."""
    monkeypatch.setenv("KAMAKI_CONFIG", str(tmp_path / "kamakirc"))
    monkeypatch.delenv("KAMAKI_DEFAULT_CLOUD", raising=False)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kamaki", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


@pytest.fixture
def signed_in(run: Run, cloud: FakeCloud) -> FakeCloud:
    run("config", "set", "cloud.x.url", f"{CLOUD}/identity/v2.0")
    run("config", "set", "cloud.x.token", "secret-token")
    return cloud


def test_starting_loads_neither_rich_nor_the_http_library() -> None:
    heavy = "{'httpx2', 'rich', 'django', 'structlog'}"
    code = f"import sys, kamaki.cli, kamaki.groups.config; print([*{heavy} & set(sys.modules)])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_help_and_version_succeed(run: Run) -> None:
    assert run("-V")[:2] == (0, "kamaki 0.1.0\n")
    code, out, _ = run("--help")
    assert code == 0
    assert all(name in out for name in cli.GROUPS)


@pytest.mark.parametrize("name", list(cli.GROUPS))
def test_every_group_and_command_explains_itself(run: Run, name: str) -> None:
    code, out, _ = run(name, "--help")
    assert code == 0
    for command in cli.kamaki.get_command(None, name).commands:  # type: ignore[union-attr,arg-type]
        assert command in out
        assert run(name, command, "--help")[0] == 0


def test_unknown_words_are_told_plainly(run: Run) -> None:
    assert run("nope")[0::2] == (
        1,
        "Unknown command group: nope\n|  To list them: kamaki --help\n",
    )
    code, _, err = run("server", "create", "--name-l", "x")
    assert code == 1
    assert err.startswith("Syntax error: No such option")


def test_a_configuration_that_is_named_must_be_there(run: Run, tmp_path: Path) -> None:
    code, _, err = run("-c", str(tmp_path / "nope"), "config", "list")
    assert (code, err) == (1, f"No such configuration file: {tmp_path}/nope\n")


def test_options_are_set_shown_and_deleted(run: Run) -> None:
    run("config", "set", "cloud.a.token", "T")
    assert run("config", "get", "cloud.a.token")[1] == "T\n"
    assert "cloud.a.token ***" in run("config", "list")[1]
    assert run("config", "delete", "cloud.a")[0] == 0
    assert run("config", "get", "cloud.a.token")[0] == 1


def test_without_a_cloud_it_says_how_to_get_one(run: Run) -> None:
    code, _, err = run("user", "info")
    assert code == 1
    assert err.startswith("No cloud is configured\n|  kamaki config set cloud.NAME.url")


def test_a_wrong_token_is_told_without_telling_it_all(run: Run, signed_in: FakeCloud) -> None:
    fault = {"unauthorized": {"code": 401, "message": "No."}}
    signed_in.answers["POST /identity/v2.0/tokens"] = ("401 Unauthorized", fault)
    code, _, err = run("user", "authenticate")
    assert code == 1
    assert "was not authenticated" in err
    assert "secret-token" not in err


def test_traffic_is_told_without_the_token(run: Run, signed_in: FakeCloud) -> None:
    code, _, err = run("network", "list", "-vv")
    assert code == 1
    assert f"> GET {CLOUD}/network/v2.0/networks" in err
    assert "< 404" in err
    assert '> {"auth":{"token":{"id":"..."}}}' in err
    assert "secret-token" not in err


def test_json_is_json_by_any_spelling(run: Run, signed_in: FakeCloud) -> None:
    rows = [{"id": 1, "name": "a", "links": [1]}, {"id": 2, "name": "b", "links": []}]
    signed_in.answers["GET /compute/v2.0/flavors/detail"] = ("200 OK", {"flavors": rows})
    for words in (["-j", "flavor", "list"], ["flavor", "list", "-j"],
                  ["flavor", "list", "--output-format", "json"]):  # fmt: skip
        assert json.loads(run(*words)[1]) == rows
    assert json.loads(run("flavor", "list", "-j", "--name", "B")[1]) == rows[1:]
    assert run("flavor", "list", "--output-format", "xml")[0] == 1


def test_a_thing_that_is_not_there_comes_with_a_way_to_list_what_is(
    run: Run, signed_in: FakeCloud
) -> None:
    code, _, err = run("server", "info", "7")
    assert (code, err) == (1, "No server(s) with ID 7\n|  To list them: kamaki server list\n")


def test_services_can_have_addresses_of_their_own(run: Run, cloud: FakeCloud) -> None:
    run("config", "set", "cloud.x.token", "T")
    run("config", "set", "cloud.x.network_url", f"{CLOUD}/mine")
    cloud.answers["GET /mine/v2.0/networks"] = ("200 OK", {"networks": []})
    assert run("network", "list", "-j")[:2] == (0, "[]\n")
    assert cloud.seen == ["GET /mine/v2.0/networks"]


def test_a_bundle_that_cannot_be_read_is_told(run: Run, signed_in: FakeCloud) -> None:
    code, _, err = run("user", "info", "--ca-certs", "/nowhere.pem")
    assert code == 1
    assert err.startswith("SSL Authentication failed\n")


def test_what_is_lost_is_asked_for_first(
    run: Run, signed_in: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.confirm", lambda *_a, **_k: False)
    code, _, err = run("file", "delete", "/c/f")
    assert code == 1
    assert "nothing was deleted" in err
    assert not any(seen.startswith("DELETE") for seen in signed_in.seen)
