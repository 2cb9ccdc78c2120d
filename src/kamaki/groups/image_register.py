"""`kamaki image register`. Spec: kamaki 5.4, 9.2."""

import json
from pathlib import Path
from typing import Any

import click
import msgspec

from kamaki.asking import as_session, formatted
from kamaki.errors import KamakiError
from kamaki.groups.file_transfers import OCTETS, send_file, threads_of
from kamaki.images import Wish, from_headers, overlaid, read_metafile
from kamaki.output import INDENT, emit, say
from kamaki.places import Place, Shelf, find
from kamaki.session import Session
from kamaki.transfers import Options
from kamaki.values import SIZE, pair_option
from kamaki.waiting import no_bar
from synnefo.kit.faults import BadRequest, ItemNotFound

LOCAL_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("old", nargs=-1, metavar="[NAME LOCATION]")
@click.option("--name", help="How to call it.")
@click.option("--location", help="Its file: /CONTAINER/PATH or pithos://UUID/CONTAINER/PATH.")
@click.option("--checksum", help="What its file must be.")
@click.option("--container-format", help="How it is wrapped.")
@click.option("--disk-format", help="How its disk is written.")
@click.option("--size", type=SIZE, help="How large its file must be.")
@click.option("--public", is_flag=True, help="Everybody may use it.")
@pair_option("-p", "--property", told="A property, such as OSFAMILY=linux; may be repeated.")
@click.option("--upload-image-file", type=LOCAL_FILE, help="Upload this file there first.")
@click.option("--metafile", type=LOCAL_FILE, help="A file of JSON that says all this.")
@click.option("--no-metafile-upload", is_flag=True, help="Write no .meta file beside it.")
@click.option("-f", "--force", is_flag=True, help="Replace the files that are there.")
@click.option("-C", "--container", metavar="NAME", help="The container of short paths.")
@click.option("--uuid", "account", metavar="UUID", help="Whose file it is.")
@no_bar
@formatted
@as_session
def register(session: Session, old: tuple[str, ...], **asked: Any) -> None:
    """Make an image of a file in the object storage, which may be uploaded first."""
    wish = _wish(old, asked)
    shelf = Shelf(session)
    place = _place(session, wish.location or "", asked)
    meta = Place(place.account, place.container, f"{place.name}.meta")
    is_told = not asked["no_metafile_upload"]
    if is_told and not asked["force"] and shelf.exists(meta):
        raise _exists(meta)
    if asked["upload_image_file"]:
        _upload(shelf, asked["upload_image_file"], place, asked)
    image = _register(session, place, wish)
    emit(image, asked["output_format"])
    if is_told:
        _note(shelf, meta, image)


COMMANDS = (register,)


def _wish(old: tuple[str, ...], asked: dict[str, Any]) -> Wish:
    """Read the options, over the metafile; two words alone are the name and location of before."""
    if len(old) not in {0, 2} or (old and (asked["name"] or asked["location"])):
        raise click.UsageError("Give --name and --location, or NAME LOCATION.")
    names = ("checksum", "container_format", "disk_format", "size")
    given = Wish(
        name=old[0] if old else asked["name"],
        location=old[1] if old else asked["location"],
        is_public=True if asked["public"] else None,
        properties={key.upper(): value for key, value in asked["property"].items()},
        **{name: asked[name] for name in names},
    )
    below = read_metafile(asked["metafile"]) if asked["metafile"] else Wish()
    wish = overlaid(below, given)
    if not wish.name or not wish.location:
        raise click.UsageError("Missing required arguments: --name and --location.")
    return wish


def _place(session: Session, location: str, asked: dict[str, Any]) -> Place:
    """Find the file; with an upload, a container alone takes the name of what is uploaded."""
    if location.startswith("pithos:///"):
        location = location.removeprefix("pithos://")
    place = find(session, location, asked)
    source = asked["upload_image_file"]
    if source and (not place.name or place.name.endswith("/")):
        return place.below(source.name)
    if not place.name:
        raise KamakiError(f"{location} names no file", details=["Write /CONTAINER/PATH."])
    return place


def _upload(shelf: Shelf, source: Path, place: Place, asked: dict[str, Any]) -> None:
    if not asked["force"] and shelf.exists(place):
        raise _exists(place)
    if not shelf.exists(Place(place.account, place.container)):
        shelf.pithos(place).put_container(place.container)
    options = Options(
        threads=threads_of(shelf.session, None),
        bar=not asked["no_bar"],
        force=asked["force"],
        content_type=OCTETS,
    )
    send_file(shelf, source, place, options)


def _exists(place: Place) -> KamakiError:
    return KamakiError(
        "File already exists", details=[str(place), "To replace it, use -f or --force."]
    )


def _register(session: Session, place: Place, wish: Wish) -> dict[str, Any]:
    location = f"pithos://{place.account}{place}"
    headers = msgspec.structs.replace(wish, location=location).headers()
    try:
        answer = session.image.call("POST", "/images", headers=headers)
    except ItemNotFound as error:
        raise KamakiError(
            f"Nonexistent image file location {location}", details=[error.message]
        ) from error
    except BadRequest as error:
        raise KamakiError(
            f"The image was refused: {error.message}", details=[f"Its file: {location}"]
        ) from error
    return from_headers(answer.headers)


def _note(shelf: Shelf, meta: Place, image: dict[str, Any]) -> None:
    """Write beside the file what was registered, for the same people to read."""
    text = json.dumps(image, indent=INDENT, ensure_ascii=False).encode()
    sharing = {"X-Object-Sharing": "read=*"} if image.get("is_public") else {}
    stored = shelf.pithos(meta).put_object(
        meta.container, meta.name, text, content_type="application/json", headers=sharing
    )
    say(f"Metadata file uploaded as {meta} (version {stored.version})")
