"""Settings of volumes that live apart from servers. Spec: compute 5."""

import msgspec


class VolumeSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """What volumes may be."""

    cyclades_detachable_disk_templates: tuple[str, ...] = ("ext_archipelago", "ext_vlmc")
    """Disk templates whose volumes can be detached from one server and attached to another."""

    cyclades_volume_max_metadata: int = 10
    """Most metadata items of one volume."""
