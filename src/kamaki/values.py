"""What people type, as what the APIs take. Spec: kamaki 4, 5.5."""

import base64
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import msgspec

from synnefo.kit.units import parse_size

Json = dict[str, Any]
OCTAL = 8
NAMES = ("local-path", "server-path", "owner", "group", "mode")


class Size(click.ParamType[int]):
    """A size such as `10GiB`, in bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a size."""
        if isinstance(value, int):
            return value
        try:
            return parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


SIZE = Size()


def pairs(values: Iterable[str]) -> dict[str, str]:
    """Read several `KEY=VALUE`."""
    found = {}
    for text in values:
        key, mark, value = text.partition("=")
        if not mark or not key:
            raise click.BadParameter(f"Invalid value {text}: write KEY=VALUE.")
        found[key] = value
    return found


def as_pairs(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read an option that may be given several times as pairs."""
    return pairs(values)


def pair_option(*names: str, told: str) -> Callable[[Any], Any]:
    """Make an option of pairs that may be given several times."""
    return click.option(*names, multiple=True, metavar="KEY=VALUE", callback=as_pairs, help=told)


def personality(text: str) -> Json:
    """Read a file to be put into a new server.

    `[local-path=]P[,[server-path=]S[,[owner=]O[,[group=]G[,[mode=]OCTAL]]]]`. Spec: kamaki 5.5.
    """
    told = _named(text, NAMES)
    local = Path(told.get("local-path", "")).expanduser()
    if not local.is_file():
        raise click.BadParameter(f"Invalid value {text}: there is no file {local}.")
    file: Json = {
        "path": told.get("server-path") or str(local),
        "contents": base64.b64encode(local.read_bytes()).decode(),
    }
    file |= {name: told[name] for name in ("owner", "group") if told.get(name)}
    if told.get("mode"):
        try:
            file["mode"] = int(told["mode"], OCTAL)
        except ValueError as error:
            raise click.BadParameter(f"Invalid mode {told['mode']}: write it in octal.") from error
    return file


def network(text: str) -> Json:
    """Read a network of a new server: `[id=]NET[,[ip=]IP]`. Spec: kamaki 5.5."""
    told = _named(text, ("id", "ip"))
    if not told.get("id"):
        raise click.BadParameter(f"Invalid value {text}: name a network.")
    return {"uuid": told["id"], **({"fixed_ip": told["ip"]} if told.get("ip") else {})}


def _named(text: str, names: tuple[str, ...]) -> dict[str, str]:
    """Read words between commas by their name, and those without one by their place."""
    found: dict[str, str] = {}
    words = text.split(",")
    if len(words) > len(names):
        raise click.BadParameter(f"Invalid value {text}: at most {len(names)} parts.")
    for place, word in zip(names, words, strict=False):
        name, mark, value = word.partition("=")
        key, value = (name, value) if mark and name in names else (place, word)
        if key in found:
            raise click.BadParameter(f"Invalid value {text}: {key} is given twice.")
        found[key] = value
    return found


class Pool(msgspec.Struct, frozen=True):
    """Addresses that a subnet gives out by itself."""

    start: str
    end: str


def pool(text: str) -> Pool:
    """Read `START,END`."""
    start, mark, end = text.partition(",")
    if not mark:
        raise click.BadParameter(f"Invalid value {text}: write START,END.")
    return Pool(start.strip(), end.strip())
