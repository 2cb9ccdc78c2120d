"""`vlmc`: one volume at a time. Spec: volumes 6.2."""

from collections.abc import Iterable
from pathlib import Path

import click

from synnefo.archipelago import hasher, operations, serving
from synnefo.archipelago.cli.frame import CONTEXT, config_option, places_of, shelf_of, told
from synnefo.archipelago.faults import VolumeBusy
from synnefo.archipelago.names import check_name
from synnefo.archipelago.settings import Places, socket_path
from synnefo.kit.tables import render, size_cell

_MIB = 1024 * 1024

size_option = click.option("-s", "--size", type=click.IntRange(1), help="Size in MiB.")
name_argument = click.argument("name")


@click.group(context_settings=CONTEXT)
@config_option
def main(config: str | None) -> None:
    """Create, snapshot, serve and remove volumes."""


@main.command()
@name_argument
@size_option
@click.option("--snap", metavar="ORIGIN", help="Start as this snapshot or image map.")
@click.option("--v0_size", "--origin-size", "origin_size", type=int, help="Bytes of the origin.")
@click.option("-v0", "--assume_v0", is_flag=True, hidden=True)
@click.option(
    "--from-hashes",
    type=click.File(encoding="ascii"),
    help="Start as the blocks named in this file, one name a line; needs --origin-size.",
)
@click.pass_context
def create(
    context: click.Context,
    *,
    name: str,
    size: int | None,
    snap: str | None,
    origin_size: int | None,
    from_hashes: Iterable[str] | None,
    assume_v0: bool,
) -> None:
    """Create a volume. Empty, from a snapshot or image map, or from blocks."""
    shelf, total = shelf_of(context), None if size is None else size * _MIB
    with told("vlmc creation failed"):
        if from_hashes is not None:
            if origin_size is None:
                raise click.UsageError("--from-hashes needs --origin-size.")
            hashes = [line.strip() for line in from_hashes if line.strip()]
            operations.create_from_hashes(shelf, name, hashes, origin_size, grow_to=total)
        elif snap:
            operations.clone(shelf, name, snap, size=total, origin_size=origin_size)
        elif total is not None:
            operations.create(shelf, name, total)
        else:
            raise click.UsageError("At least one of the size/snap args must be provided")


@main.command()
@name_argument
@click.argument("snapshot_name", metavar="SNAP")
@click.pass_context
def snapshot(context: click.Context, name: str, snapshot_name: str) -> None:
    """Freeze what a volume holds now. It may be in use."""
    with told("vlmc snapshot failed"):
        check_name(snapshot_name, "snapshot")
        if not serving.ask_server(places_of(context), name, "snapshot", snapshot_name):
            operations.snapshot(shelf_of(context), name, snapshot_name)
    click.echo(f"Snapshot name: {snapshot_name}")


def _refuse_served(places: Places, name: str) -> None:
    if name in serving.served(places):
        raise VolumeBusy(f"Volume {name} mapped on device {socket_path(places, name, 'sock')}")


@main.command()
@name_argument
@click.pass_context
def remove(context: click.Context, name: str) -> None:
    """Remove a volume or snapshot that is not mapped."""
    with told("vlmc removal failed"):
        _refuse_served(places_of(context), name)
        operations.remove(shelf_of(context), name)


@main.command()
@name_argument
@click.argument("new_name", metavar="NEW")
@click.pass_context
def rename(context: click.Context, name: str, new_name: str) -> None:
    """Give a volume that is not mapped another name."""
    with told("vlmc rename failed"):
        _refuse_served(places_of(context), name)
        operations.rename(shelf_of(context), name, new_name)
    click.echo(f"Renamed {name} to {new_name}")


@main.command()
@name_argument
@size_option
@click.pass_context
def resize(context: click.Context, name: str, size: int | None) -> None:
    """Make a volume larger; what is added reads as zeros."""
    if size is None:
        raise click.UsageError("Say how large the volume shall be: --size MiB")
    with told("vlmc resize failed"):
        if not serving.ask_server(places_of(context), name, "grow", str(size * _MIB)):
            operations.grow(shelf_of(context), name, size * _MIB)


@main.command(name="list")
@click.option("-l", "--long", "in_full", is_flag=True, help="Sizes and owners too.")
@click.option("-o", "--output-format", default="pretty", help="pretty, csv or json; with --long.")
@click.pass_context
def list_volumes(context: click.Context, in_full: bool, output_format: str) -> None:
    """List volumes and snapshots."""
    with told("vlmc list failed"):
        found = operations.listing(shelf_of(context))
    if not in_full:
        for one in found:
            click.echo(one.name)
        return
    rows = [
        {
            "name": one.name,
            "kind": "snapshot" if one.is_snapshot else "volume",
            "size": one.size if output_format == "json" else size_cell(one.size),
            "locked_by": one.locked_by or None,
        }
        for one in found
    ]
    click.echo(render(rows, ("name", "kind", "size", "locked_by"), output_format))


@main.command()
@name_argument
@click.pass_context
def info(context: click.Context, name: str) -> None:
    """Tell the size of a volume."""
    with told("vlmc info failed"):
        found = operations.info(shelf_of(context), name)
    click.echo(f"Volume {name}: size: {found.size}")


@main.command()
@name_argument
@click.option("-v", "--verbose", is_flag=True, help="Every block that holds something.")
@click.pass_context
def mapinfo(context: click.Context, name: str, verbose: bool) -> None:
    """Tell what the map of a volume says."""
    shelf = shelf_of(context)
    with told("vlmc mapinfo failed"):
        found = operations.info(shelf, name)
        stored = operations.stored_bytes(shelf, name)
        lines = operations.map_lines(shelf, name) if verbose else []
    click.echo(f"Volume {name}: size: {found.size}")
    click.echo(f"kind: {'snapshot' if found.is_snapshot else 'volume'}")
    click.echo(f"epoch: {found.epoch}")
    click.echo(f"private bytes: {stored}")
    click.echo(f"locked by: {found.locked_by or '-'}")
    for line in lines:
        click.echo(line)


@main.command(name="map")
@name_argument
@click.pass_context
def map_volume(context: click.Context, name: str) -> None:
    """Serve a volume and tell its NBD address. Again is no fault."""
    with told("vlmc map failed"):
        click.echo(serving.nbd_uri(serving.attach(places_of(context), name)))


@main.command()
@click.argument("name", metavar="NAME|DEVICE")
@click.option("-f", "--force", is_flag=True, help="Even under a connected client.")
@click.pass_context
def unmap(context: click.Context, name: str, force: bool) -> None:
    """Serve a volume no more."""
    with told("vlmc unmap failed"):
        wanted = Path(name).name.removesuffix(".sock")
        serving.detach(places_of(context), wanted, force=force)


@main.command()
@click.pass_context
def showmapped(context: click.Context) -> None:
    """List the volumes that this node serves."""
    places = places_of(context)
    names = serving.served(places)
    if not names:
        click.echo("No volumes mapped")
        return
    click.echo("id\timage\t\tdevice")
    for number, name in enumerate(names):
        click.echo(f"{number}\t{name}\t{socket_path(places, name, 'sock')}")


@main.command(name="hash")
@name_argument
@click.option("--publish-as", metavar="MAP", help="Name of the image map; its hash by default.")
@click.pass_context
def hash_volume(context: click.Context, name: str, publish_as: str | None) -> None:
    """Turn a snapshot into an image map. Its blocks get names by their content."""
    with told("vlmc hash failed"):
        published = hasher.publish(shelf_of(context), name, publish_as)
    click.echo(f"Hash name: {published}")


@main.command()
@click.argument("name", metavar="MAP")
@click.option("--from-hashes", type=click.File(encoding="ascii"), required=True)
@click.option("--bytes", "size", type=click.IntRange(1), required=True, help="Size of the image.")
@click.pass_context
def publish(context: click.Context, name: str, from_hashes: Iterable[str], size: int) -> None:
    """Make an image map of stored blocks. Volumes start from it by --snap."""
    hashes = [line.strip() for line in from_hashes if line.strip()]
    shelf = shelf_of(context)
    with told("vlmc publish failed"):
        shelf.block_maps.put(name, hashes, size, store=shelf.blocks)


@main.command(name="open")
@name_argument
@click.pass_context
def open_volume(context: click.Context, name: str) -> None:
    """Take a volume for this node, as an attach would."""
    with told("vlmc open failed"):
        shelf = shelf_of(context)
        shelf.header(name)
        shelf.leases.lock(name)
    click.echo("Volume opened")


@main.command(name="close")
@name_argument
@click.pass_context
def close_volume(context: click.Context, name: str) -> None:
    """Let go of a volume that is taken, not served."""
    with told("vlmc close failed"):
        shelf_of(context).leases.unlock(check_name(name))
    click.echo("Volume closed")


@main.command()
@name_argument
@click.pass_context
def lock(context: click.Context, name: str) -> None:
    """Make this node the owner of a volume."""
    with told("vlmc lock failed"):
        shelf = shelf_of(context)
        shelf.header(name)
        shelf.leases.lock(name)
    click.echo("Volume locked")


@main.command()
@name_argument
@click.option("-f", "--force", is_flag=True, help="Even when another node is the owner.")
@click.pass_context
def unlock(context: click.Context, name: str, force: bool) -> None:
    """Let go of a volume. By force only when its node is surely gone."""
    with told("vlmc unlock failed"):
        shelf_of(context).leases.unlock(check_name(name), force=force)
    click.echo("Volume unlocked")


main.add_command(list_volumes, "ls")
main.add_command(remove, "rm")

if __name__ == "__main__":
    main()
