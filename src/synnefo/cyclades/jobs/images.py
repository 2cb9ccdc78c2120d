"""Errands of images."""

from synnefo.cyclades.usecases import image_imports


@image_imports.CONVERT.runs
def convert_image(image_id: str, owner: str) -> None:
    """Unpack an uploaded image; safe to run twice."""
    image_imports.convert(image_id, owner)
