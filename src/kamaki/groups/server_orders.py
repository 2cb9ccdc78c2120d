"""`kamaki server create`. Spec: kamaki 5.5, 9.2."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

from kamaki.asking import as_session, formatted
from kamaki.errors import KamakiError
from kamaki.output import emit, say
from kamaki.servers import Server
from kamaki.session import Session
from kamaki.values import network, pair_option, personality
from kamaki.waiting import waited
from synnefo.kit.faults import Fault

Json = dict[str, Any]
FEW = 5


@click.command()
@click.argument("old", nargs=-1, metavar="[NAME FLAVOR IMAGE]")
@click.option("--name", help="How to call it.")
@click.option("--flavor-id", help="Its size.")
@click.option("--image-id", help="What it starts from.")
@click.option("--key-name", multiple=True, help="A key that lets me in; may be repeated.")
@click.option("-u", "--user-data", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A script or cloud-config for its first start.")  # fmt: skip
@click.option("-p", "--personality", multiple=True, help="A file to be put in; may be repeated.",
              metavar="LOCAL[,SERVER[,OWNER[,GROUP[,MODE]]]]")  # fmt: skip
@click.option("--network", "networks", multiple=True, metavar="NETWORK[,IP]",
              help="A network to be on; may be repeated.")  # fmt: skip
@click.option("--no-network", is_flag=True, help="On no network at all.")
@click.option("--cluster-size", type=click.IntRange(1), default=1, help="So many of them.")
@click.option("--threads", type=click.IntRange(1, 64), default=FEW, help="So many at once.")
@click.option("--project-id", help="Who pays.")
@pair_option("-m", "--metadata", told="A note on it; may be repeated.")
@waited
@formatted
@as_session
def create(session: Session, old: tuple[str, ...], output_format: str | None,
           **asked: Any) -> None:  # fmt: skip
    """Make a server, or a cluster of them."""
    order = _order(old, asked)
    made = _build(session, _names(order["name"], asked["cluster_size"]), order, asked["threads"])
    if asked["wait"]:
        for one in made:
            Server(session, str(one["id"])).wait_built(shown=not asked["no_bar"])
        passwords = {one["id"]: one.get("adminPass") for one in made}
        made = [
            {**Server(session, str(one["id"])).show(), "adminPass": passwords[one["id"]]}
            for one in made
        ]
    emit(made[0] if len(made) == 1 else made, output_format)


COMMANDS = (create,)


def _order(old: tuple[str, ...], asked: dict[str, Any]) -> Json:
    """Write the order of one server; what was not said is left to the cloud."""
    name, flavor, image = _essentials(old, asked)
    if asked["no_network"] and asked["networks"]:
        raise click.UsageError("Give --network or --no-network, not both.")
    order: Json = {"name": name, "flavorRef": flavor, "imageRef": image}
    if asked["user_data"]:
        order["user_data"] = base64.b64encode(asked["user_data"].read_bytes()).decode()
    if asked["networks"] or asked["no_network"]:
        order["networks"] = [network(text) for text in asked["networks"]]
    for key, value in (
        ("SNF:key_names", list(asked["key_name"])),
        ("personality", [personality(text) for text in asked["personality"]]),
        ("metadata", asked["metadata"]),
        ("project", asked["project_id"]),
    ):
        order |= {key: value} if value else {}
    return order


def _essentials(old: tuple[str, ...], asked: dict[str, Any]) -> tuple[str, str, str]:
    """Read name, flavor and image, as options or as the three words of before."""
    told = [asked[key] for key in ("name", "flavor_id", "image_id")]
    if len(old) == 3 and not any(told):
        return old[0], old[1], old[2]
    if old or not all(told):
        raise click.UsageError(
            "Missing required arguments: --name, --flavor-id and --image-id."
            if not old
            else "Give --name, --flavor-id and --image-id, or NAME FLAVOR IMAGE."
        )
    return told[0], told[1], told[2]


def _names(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}{number}" for number in range(1, count + 1)]


def _build(session: Session, names: list[str], order: Json, threads: int) -> list[Json]:
    """Order the servers; when one is refused, the others are told."""

    def build(name: str) -> Json | Fault:
        body = {"server": {**order, "name": name}}
        try:
            made: Json = session.compute.read("POST", "/servers", dict[str, Any], body=body)
        except Fault as fault:
            return fault
        server: Json = made["server"]
        return server

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(build, names))
    made = [one for one in found if not isinstance(one, Fault)]
    faults = [one for one in found if isinstance(one, Fault)]
    if not faults:
        return made
    if len(names) == 1:
        raise faults[0]
    say("These servers were made:")
    emit([{"id": one["id"], "name": one["name"]} for one in made], None)
    raise KamakiError(
        f"{len(faults)} of {len(names)} servers were refused",
        details=sorted({fault.message for fault in faults}),
    ) from faults[0]
