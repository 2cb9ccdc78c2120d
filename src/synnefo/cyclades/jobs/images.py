"""Errands and sweeps of images."""

from synnefo.cyclades.usecases import boot_lists, image_imports
from synnefo.serve.errands import sweep


@image_imports.CONVERT.runs
def convert_image(image_id: str, owner: str) -> None:
    """Unpack an uploaded image; safe to run twice."""
    image_imports.convert(image_id, owner)


@image_imports.CONVERT.gives_up
def give_up_conversion(reason: str, image_id: str, owner: str) -> None:
    """Tell the owner of an image that unpacking it failed for too long."""
    image_imports.abandon(image_id, owner, reason)


@sweep("cyclades.withdraw_block_lists", every=600)
def withdraw_block_lists() -> None:
    """Withdraw block lists of images that nobody needs, so that blocks can be collected."""
    boot_lists.withdraw_unused()
