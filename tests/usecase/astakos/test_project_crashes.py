"""Processes killed at every step of what changes projects. Spec: identity 21.3."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import django_settings

ROOT = Path(django_settings.__file__).parents[2]


@pytest.mark.parametrize(
    "operation",
    [
        *("apply", "approve", "approve_change", "deny", "accept", "remove", "terminate"),
        "deactivate",
    ],
)
def test_a_death_at_any_statement_leaves_all_or_nothing(operation: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.usecase.astakos.killed_while", operation],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["statements"] > 5
    assert told == told | {"whole": True, "changed": True, "problems": []}
