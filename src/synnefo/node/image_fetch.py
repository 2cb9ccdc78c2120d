"""The command that brings a publisher's cloud image into a cloud."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click

from synnefo.kit.faults import Fault
from synnefo.kit.units import human_size
from synnefo.node.demo_image import default_cache
from synnefo.node.image_catalogue import CATALOGUE, Published
from synnefo.node.image_convert import to_raw
from synnefo.node.image_download import (
    Checksum,
    FetchFailed,
    Progress,
    download,
    parse_checksum,
    published_checksum,
    read_text,
    verify,
)
from synnefo.node.image_register import NewImage, credentials, register, sign_in


def bring(url: str, checksum: Checksum | None, cache: Path, progress: Progress) -> Path:
    """Answer the downloaded file, checked; one that is here already is not fetched again."""
    cache.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(url.encode()).hexdigest()[:12]
    target = cache / f"{digest}-{_file_name(url)}"
    if target.exists() and checksum is not None:
        try:
            verify(target, checksum)
        except FetchFailed:
            target.unlink(missing_ok=True)
        else:
            return target
    download(url, target, progress)
    if checksum is not None:
        verify(target, checksum)
    return target


def _file_name(url: str) -> str:
    return Path(unquote(urlsplit(url).path)).name or "image"


def _expected(url: str, published: Published | None, told: str | None) -> Checksum | None:
    """Find the checksum: as told, else the publisher's own, else none."""
    if told:
        return parse_checksum(told)
    if published is None:
        return None
    return published_checksum(read_text(published.checksums), _file_name(url))


@click.command("image-fetch")
@click.argument("image", metavar="NAME|URL")
@click.option("--checksum", help="What the download should have, as sha256:HEX or sha512:HEX.")
@click.option("--name", help="What to call the image in the cloud.")
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path),
    help="Data folder of the cloud; without it the OS_… variables say which cloud.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path),
    help="Only write the raw disk here; no cloud is spoken to.",
)  # fmt: skip
@click.option("--public", "is_public", is_flag=True, help="Show the image to everybody.")
@click.option(
    "--cache", type=click.Path(file_okay=False, path_type=Path), help="Keep downloads here."
)
def command(
    *,
    image: str,
    checksum: str | None,
    name: str | None,
    data: Path | None,
    output: Path | None,
    is_public: bool,
    cache: Path | None,
) -> None:
    """Download, check and register a cloud image.

    NAME is one of the known images (debian-12, debian-13, ubuntu-22.04, ubuntu-24.04), or give
    the address of any disk image.
    """
    published = CATALOGUE.get(image)
    if published is None and "://" not in image:
        known = ", ".join(sorted(CATALOGUE))
        raise click.ClickException(f"'{image}' is not known. Known are {known}, or give a URL.")
    url = published.url if published else image
    wish = NewImage(
        name or (image if published else Path(_file_name(url)).stem),
        published.properties if published else {"osfamily": "linux", "root_partition": "1"},
        is_public,
    )
    try:
        file = _checked(url, published, checksum, cache or default_cache().with_name("images"))
        if output is not None:
            to_raw(file, output)
            click.echo(f"{output}: {human_size(output.stat().st_size)}")
        else:
            _deliver(file, wish, data)
    except FetchFailed as failure:
        raise click.ClickException(str(failure)) from failure
    except Fault as fault:
        raise click.ClickException(f"The cloud refused: {fault.message}") from fault


def _checked(url: str, published: Published | None, told: str | None, cache: Path) -> Path:
    checksum = _expected(url, published, told)
    if checksum is None:
        click.echo("No checksum was given, so the download is not checked.", err=True)
    with _bar("Download") as progress:
        file = bring(url, checksum, cache, progress)
    if checksum is not None:
        click.echo(f"{checksum.algorithm} checksum is right.")
    return file


def _deliver(file: Path, wish: NewImage, data: Path | None) -> None:
    """Convert and upload; the raw disk is only needed meanwhile."""
    images = sign_in(credentials(data))
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        disk = Path(folder, "disk.raw")
        to_raw(file, disk)
        with _bar("Upload") as progress:
            image_id = register(images, wish, disk, progress)
    click.echo(f"Image {wish.name} is registered: {image_id}")


@contextmanager
def _bar(label: str) -> Iterator[Progress]:
    """Show how far a transfer is, on a terminal."""
    with click.progressbar(length=1, label=label, show_eta=True) as bar:

        def progress(done: int, total: int | None) -> None:
            bar.length = total or done
            bar.update(done - bar.pos)

        yield progress
