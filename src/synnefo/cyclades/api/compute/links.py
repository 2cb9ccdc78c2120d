"""Addresses of things in the compute API, as answers carry them. Spec: compute 1.3."""

from typing import TypedDict

from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf

LEGACY = "v2.0"
NOVA = "v2.1"


class Link(TypedDict):
    """One link."""

    rel: str
    href: str


def base(version: str) -> str:
    """Answer the address of one dialect."""
    return f"{conf.of(CycladesSettings).cyclades_base_url.rstrip('/')}/compute/{version}"


def of(root: str, kind: str, item: object) -> list[Link]:
    """Link a thing to itself; `root` is the address of the dialect."""
    href = f"{root}/{kind}/{item}"
    return [Link(rel="self", href=href), Link(rel="bookmark", href=href)]


def of_image(root: str, image: str) -> list[Link]:
    """Link an image, also at the image service."""
    service = root.rpartition("/compute/")[0]
    alternate = Link(rel="alternate", href=f"{service}/image/v1.0/images/{image}")
    return [*of(root, "images", image), alternate]
