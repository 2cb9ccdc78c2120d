"""Uploads an image to a cloud through its Image API v2. Spec: openstack-api 7."""

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from synnefo.clients.http import Http
from synnefo.kit.units import GIB, MIB
from synnefo.node.image_download import FetchFailed, Progress

CHUNK = 1 * MIB
UPLOAD_TIMEOUT = 600.0


class NewImage(msgspec.Struct, frozen=True):
    """What an image will be called and what the cloud should know of it."""

    name: str
    properties: dict[str, str] = {}
    is_public: bool = False
    disk_format: str = "raw"


class _Endpoint(msgspec.Struct):
    url: str
    interface: str = "public"


class _Service(msgspec.Struct):
    type: str
    endpoints: list[_Endpoint] = []


class _Token(msgspec.Struct):
    catalog: list[_Service] = []


class _TokenAnswer(msgspec.Struct):
    token: _Token


class _Image(msgspec.Struct):
    id: str
    status: str = ""


def credentials(data: Path | None) -> dict[str, str]:
    """Answer the OS_… names of DIR/openrc, else those of the environment."""
    if data is None:
        return {name: value for name, value in os.environ.items() if name.startswith("OS_")}
    file = data / "openrc"
    try:
        words = [shlex.split(line, comments=True) for line in file.read_text().splitlines()]
    except OSError as error:
        raise FetchFailed(f"{file} cannot be read: {error.strerror}.") from error
    pairs = [pair[-1].partition("=") for pair in words if pair]
    return {name: value for name, _, value in pairs if name.startswith("OS_")}


def sign_in(names: Mapping[str, str]) -> Http:
    """Get a token, and the address of the image service from the catalogue."""
    if not names.get("OS_AUTH_URL"):
        raise FetchFailed("No cloud is named. Use --data DIR, or set the OS_… variables.")
    url = names["OS_AUTH_URL"].rstrip("/")
    identity = Http(url if url.endswith("/v3") else f"{url}/v3")
    answer = identity.call("POST", "/auth/tokens", body={"auth": _auth(names)})
    catalogue = answer.read(_TokenAnswer).token.catalog
    found = [
        endpoint.url.rstrip("/")
        for service in catalogue
        if service.type == "image"
        for endpoint in service.endpoints
        if endpoint.interface == "public"
    ]
    if not found:
        raise FetchFailed("The cloud's catalogue names no image service.")
    base = next((one for one in found if one.endswith("/v2")), f"{found[0]}/v2")
    return Http(base, token=answer.headers["X-Subject-Token"], timeout=UPLOAD_TIMEOUT)


def _auth(names: Mapping[str, str]) -> dict[str, object]:
    domain = {"id": names.get("OS_USER_DOMAIN_ID", "default")}
    if token := names.get("OS_TOKEN"):
        identity: dict[str, object] = {"methods": ["token"], "token": {"id": token}}
    else:
        user = {"name": names.get("OS_USERNAME"), "domain": domain}
        password = {"user": {**user, "password": names.get("OS_PASSWORD")}}
        identity = {"methods": ["password"], "password": password}
    auth: dict[str, object] = {"identity": identity}
    if project := names.get("OS_PROJECT_ID"):
        auth["scope"] = {"project": {"id": project}}
    elif project := names.get("OS_PROJECT_NAME"):
        auth["scope"] = {"project": {"name": project, "domain": domain}}
    return auth


def register(images: Http, image: NewImage, disk: Path, progress: Progress) -> str:
    """Create an image and fill it; one whose upload fails is taken away again."""
    size = disk.stat().st_size
    wish: dict[str, object] = {
        "name": image.name,
        "disk_format": image.disk_format,
        "container_format": "bare",
        "visibility": "public" if image.is_public else "private",
        "min_disk": -(-size // GIB),
        **image.properties,
    }
    made = images.read("POST", "/images", _Image, body=wish)
    try:
        _upload(images, made.id, disk, progress)
    except BaseException:
        images.call("DELETE", f"/images/{made.id}", check=False)
        raise
    return made.id


def _upload(images: Http, image_id: str, disk: Path, progress: Progress) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    with images.stream(
        "PUT", f"/images/{image_id}/file", content=_pieces(disk, progress), headers=kind
    ):
        pass
    status = images.read("GET", f"/images/{image_id}", _Image).status
    if status != "active":
        raise FetchFailed(f"The cloud took the image but left it {status}.")


def _pieces(disk: Path, progress: Progress) -> Iterator[bytes]:
    total, sent = disk.stat().st_size, 0
    with disk.open("rb") as source:
        while data := source.read(CHUNK):
            yield data
            sent += len(data)
            progress(sent, total)
