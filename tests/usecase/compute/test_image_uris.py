"""What the OS definition is told to copy."""

import pytest

from synnefo.cyclades.models import Volume, VolumeType
from synnefo.cyclades.usecases import builds


def a_volume(template: str, origin: str | None = "map-1") -> Volume:
    kind = VolumeType(name=template, disk_template=template)
    return Volume(id=1, size=5, volume_type=kind, origin=origin, origin_size=7000)


@pytest.mark.parametrize(
    ("volume", "uri"),
    [
        (a_volume("ext_archipelago"), "null"),
        (a_volume("file"), "pithosmap://map-1/7000"),
        (a_volume("plain"), "pithosmap://map-1/7000"),
        (a_volume("file", None), "null"),
        (None, "null"),
    ],
)
def test_an_image_is_copied_only_where_storage_does_not_clone_it(
    volume: Volume | None, uri: str
) -> None:
    assert builds.image_uri(volume) == uri
