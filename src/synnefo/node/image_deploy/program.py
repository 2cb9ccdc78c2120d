"""The scripts of the OS definition: `create`, `import`, `export`, `rename`, `verify`.

Ganeti shows the last lines of what they say on the error stream. Spec: images-and-nodes 1.1.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from synnefo.node.image_deploy import deployment, monitor, orders, targets
from synnefo.node.image_deploy.failures import DeployFailed
from synnefo.node.image_deploy.settings import ImageSettings, load

_PIECE = 1024 * 1024
Environment = Mapping[str, str]


def create(environment: Environment, settings: ImageSettings) -> None:
    """Make a machine of an image."""
    order = orders.read(environment, settings)
    with monitor.watched(settings.progress_monitor, order.instance) as told:
        try:
            deployment.deploy(order, settings, told)
        except (DeployFailed, OSError) as failure:
            told.error(str(failure))
            raise


def verify(environment: Environment, settings: ImageSettings) -> None:
    """Look whether the parameters make sense."""
    del settings
    orders.check(orders.parameters(environment))


def rename(environment: Environment, settings: ImageSettings) -> None:
    """Do nothing: the guest keeps its name."""
    del environment, settings


def export(environment: Environment, settings: ImageSettings) -> None:
    """Write a disk to the standard output, and its size in MiB where Ganeti wants it."""
    device = _named(environment, "EXPORT_DEVICE")
    with Path(device).open("rb") as disk:
        size = disk.seek(0, os.SEEK_END)
        disk.seek(0)
        descriptor = environment.get("EXP_SIZE_FD")
        if descriptor:
            os.write(int(descriptor), f"{-(-size // (1 << 20))}\n".encode())
        shutil.copyfileobj(disk, sys.stdout.buffer, _PIECE)
        sys.stdout.buffer.flush()
    del settings


def import_disk(environment: Environment, settings: ImageSettings) -> None:
    """Write the standard input to a disk."""
    place = _named(environment, "IMPORT_DEVICE")
    with targets.opened(place, settings) as target:
        _pour(sys.stdin.buffer, target)


def _pour(source: BinaryIO, target: targets.Target) -> None:
    offset = 0
    while data := source.read(_PIECE):
        target.write(offset, data)
        offset += len(data)
    target.flush()


def _named(environment: Environment, name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise DeployFailed(f"The environment variable {name} is missing.")
    return value


SCRIPTS: dict[str, Callable[[Environment, ImageSettings], None]] = {
    "create": create,
    "import": import_disk,
    "export": export,
    "rename": rename,
    "verify": verify,
}


def main(verb: str) -> int:
    """Do what one script does; the exit code is 0, or 1 with a sentence on stderr."""
    try:
        SCRIPTS[verb](os.environ, load())
    except (DeployFailed, OSError) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0
