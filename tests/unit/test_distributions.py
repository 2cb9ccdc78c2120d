"""Each distribution names what its rooms import: alone on a host, it works."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).resolve().parents[2]
PACKAGES = sorted(file.parent.name for file in (TOP / "packages").glob("*/pyproject.toml"))


@cache
def project(name: str) -> dict[str, Any]:
    return tomllib.loads((TOP / "packages" / name / "pyproject.toml").read_text())


@cache
def rooms(name: str) -> tuple[str, ...]:
    target = project(name)["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    return tuple(place.removeprefix("../../src/") for place in target if "/src/" in place)


def bare(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


@cache
def needs(name: str) -> frozenset[str]:
    """What is there when this distribution is installed, its extras included."""
    told = project(name)["project"]
    extras = [one for group in told.get("optional-dependencies", {}).values() for one in group]
    own = {bare(one) for one in [*told["dependencies"], *extras]}
    inherited = [needs(one) for one in own if one in PACKAGES]
    return frozenset(own.union({name}, *inherited))


def imported(name: str) -> dict[str, str]:
    """The modules that the rooms import, each with one file that does."""
    found: dict[str, str] = {}
    for room in rooms(name):
        for file in (TOP / "src" / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [f"{node.module}.{alias.name}" for alias in node.names]
                else:
                    continue
                found |= dict.fromkeys(names, str(file.relative_to(TOP)))
    return found


@pytest.mark.parametrize("name", PACKAGES)
def test_it_requires_whatever_it_imports(name: str) -> None:
    known = packages_distributions()
    owners = {room.replace("/", "."): other for other in PACKAGES for room in rooms(other)}
    missing = {}
    for module, file in imported(name).items():
        root = module.split(".", maxsplit=1)[0]
        if root in sys.stdlib_module_names or root == "rados":
            continue
        ours = [other for room, other in owners.items() if f"{module}.".startswith(f"{room}.")]
        dists = ours or [bare(one) for one in known.get(root, [root]) if one not in PACKAGES]
        if not set(dists) & needs(name):
            missing[f"{module} ({file})"] = dists
    assert not missing
