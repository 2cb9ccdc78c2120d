"""Settings of images."""

import msgspec

from synnefo.kit.units import GIB


class ImageSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings of images. Spec: compute 17.2."""

    pithos_base_url: str = "http://127.0.0.1:8000/pithos"
    """Address under which object storage is reached."""

    pithos_backend_block_path: str = "/var/lib/synnefo/blocks"
    """Folder of the block store, shared with object storage and Archipelago."""

    default_plankton_container: str = "images"
    """Container in which uploaded images are kept."""

    cyclades_image_max_size: int = 100 * GIB
    """Largest image in bytes, and largest disk that an image may unpack to."""

    cyclades_image_work_dir: str = ""
    """Folder in which images are converted; empty means the system's folder for such things."""

    cyclades_image_convert_timeout: int = 3600
    """Seconds after which the conversion of an image is given up."""
