"""A shell completes commands and their options."""

import io
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = io.StringIO()
    call_command("completion", stdout=out)
    path = tmp_path_factory.mktemp("completion") / "snf-manage"
    path.write_text(out.getvalue())
    return path


def completed(script: Path, *words: str) -> list[str]:
    typed = " ".join(f'"{word}"' for word in words)
    code = (
        f". {script}; COMP_WORDS=({typed}); COMP_CWORD=$(({len(words)} - 1));"
        ' _snf_manage; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_commands_are_completed(script: Path) -> None:
    found = completed(script, "snf-manage", "reconcile-")
    assert {"reconcile-servers", "reconcile-networks", "reconcile-pools"} <= set(found)
    assert completed(script, "snf-manage", "help", "server-imp") == ["server-import"]
    assert "runserver" not in completed(script, "snf-manage", "")


def test_options_of_a_command_are_completed(script: Path) -> None:
    found = completed(script, "snf-manage", "--data", "/srv/x", "reconcile-servers", "--fix-u")
    assert "--fix-unsynced-nics" in found
    assert completed(script, "snf-manage", "network-list", "--display") == ["--display-mails"]


def test_zsh_reads_the_same(script: Path) -> None:
    out = io.StringIO()
    call_command("completion", "zsh", stdout=out)
    assert out.getvalue().endswith(script.read_text())
    assert "bashcompinit" in out.getvalue()
