"""The demonstration image: a small bootable disk made in seconds from Debian's packages."""

from synnefo.node.demo_image.build import build
from synnefo.node.demo_image.build_command import command, default_cache
from synnefo.node.demo_image.tools import BuildFailed

__all__ = ["BuildFailed", "build", "command", "default_cache"]
