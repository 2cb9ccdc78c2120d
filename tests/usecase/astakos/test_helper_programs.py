"""snf-service-export and snf-component-register, run as an operator and as a script run them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make the settings and the database of an Astakos."""
    folder = tmp_path_factory.mktemp("cloud")
    for name in ("conf", "db", "run", "log"):
        (folder / name).mkdir()
    (folder / "conf" / "10-test.conf").write_text(
        f"SYNNEFO_DATA_DIR = {str(folder)!r}\nSECRET_KEY = 'tests'\n"
        f"LOG_DIR = {str(folder / 'log')!r}\n"
    )
    assert run(folder, "snf-manage", "migrate", "--database", "astakos").returncode == 0
    yield folder


def run(
    folder: Path, program: str, *arguments: str, answers: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a program of ours with the answers on standard input."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SYNNEFO_", "DJANGO_"))}
    return subprocess.run(
        [str(Path(sys.executable).with_name(program)), *arguments],
        env={**kept, "SYNNEFO_SETTINGS_DIR": str(folder / "conf")},
        input=answers,
        capture_output=True,
        text=True,
        check=False,
    )


def test_services_are_exported_with_their_addresses(cloud: Path) -> None:
    done = run(cloud, "snf-service-export", "cyclades", "https://node1.example.com/cyclades/")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    endpoint = told["cyclades_compute"]["endpoints"][0]
    assert endpoint["publicURL"] == "https://node1.example.com/cyclades/compute/v2.0"
    assert all(service["public"] for service in told.values())


@pytest.mark.parametrize("arguments", [(), ("cyclades",), ("moon", "http://x"), ("a", "b", "c")])
def test_wrong_arguments_are_refused(cloud: Path, arguments: tuple[str, ...]) -> None:
    done = run(cloud, "snf-service-export", *arguments)
    assert done.returncode == 1
    assert done.stderr


def test_a_component_is_registered_and_registered_anew_unattended(cloud: Path) -> None:
    answers = "y\nhttp://a.example.com/pithos\nhttp://a.example.com/ui\ny\n\n"
    done = run(cloud, "snf-component-register", "pithos", answers=answers)
    assert done.returncode == 0, done.stderr
    assert "Token: " in done.stdout
    assert "resource-modify" in done.stdout
    listed = run(cloud, "snf-manage", "component-list", "--output-format", "csv").stdout
    assert listed.splitlines()[1].split(",")[1:] == ["pithos", "http://a.example.com/pithos"]
    again = "y\nhttp://b.example.com/pithos\n\ny\n"
    done = run(cloud, "snf-component-register", "pithos", answers=again)
    assert done.returncode == 0, done.stderr
    assert "Token: " not in done.stdout
    shown = run(cloud, "snf-manage", "service-show", "pithos_object-store").stdout
    assert "http://b.example.com/pithos/object-store/v1" in shown


def test_a_no_registers_nothing_and_missing_answers_are_told(cloud: Path) -> None:
    done = run(cloud, "snf-component-register", "cyclades", answers="n\n")
    assert done.returncode == 0
    assert "resource-modify" not in done.stdout
    done = run(cloud, "snf-component-register", answers="what\nn\nn\n")
    assert done.returncode == 1
    assert "no more answers" in done.stderr
    done = run(cloud, "snf-component-register", "moon")
    assert (done.returncode, "moon" in done.stderr) == (1, True)
