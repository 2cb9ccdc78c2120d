"""Where the volumes are: `ARCHIPELAGO_CONF`, else `/etc/archipelago/archipelago.conf`.

The file is INI. Section `[ARCHIPELAGO]`:

BLOCKS_DIR   block store shared with Pithos (also `[blockerb] archip_dir`)
VOLUMES_DIR  maps, private blocks and locks of volumes (also `[blockerm] archip_dir`)
RUN_DIR      sockets and marks of what is served on this node
LOG_DIR      where servers write `archipelago.log`
UNIQUE_STR   name of this node in locks; the host's name when empty
UMASK        of everything that is made, such as 0o007
OFFLINE_NODES  file that names nodes which run nothing any more, whose locks do not count
Spec: volumes 5.2.
"""

import configparser
import os
import socket
from pathlib import Path
from typing import NamedTuple

from synnefo.archipelago.faults import BadSettings

DEFAULT_CONF = "/etc/archipelago/archipelago.conf"
OFFLINE_NODES = "/var/lib/ganeti/ssconf_offline_nodes"
_SOCKET_PATH_MAX = 107


class Places(NamedTuple):
    """The settings of one node."""

    blocks: Path
    volumes: Path
    run: Path
    log: Path
    owner: str
    umask: int
    conf: Path | None = None
    offline_nodes: Path = Path(OFFLINE_NODES)

    @property
    def block_maps(self) -> Path:
        """Tell where the maps of images lie: beside the blocks that they name."""
        return self.blocks / "maps"


def under(root: Path, *, owner: str = "") -> Places:
    """Lay everything out below one folder."""
    return Places(
        blocks=root / "blocks",
        volumes=root / "volumes",
        run=root / "run",
        log=root / "log",
        owner=owner or socket.gethostname(),
        umask=0o007,
    )


def load(path: str | None = None) -> Places:
    """Read the configuration file; the sentence of a fault names the key to mend."""
    conf = Path(path or os.environ.get("ARCHIPELAGO_CONF") or DEFAULT_CONF)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with conf.open(encoding="utf-8") as file:
            parser.read_file(file)
    except OSError as error:
        raise BadSettings(
            f"Cannot read the configuration {conf}: {error.strerror}. "
            "Name one with -c FILE or in ARCHIPELAGO_CONF."
        ) from None
    except configparser.Error as error:
        raise BadSettings(f"{conf} is no configuration file: {error}") from None
    return _places(parser, conf)


def _places(parser: configparser.ConfigParser, conf: Path) -> Places:
    main = dict(parser["ARCHIPELAGO"]) if parser.has_section("ARCHIPELAGO") else {}
    blocks = main.get("blocks_dir") or parser.get("blockerb", "archip_dir", fallback="")
    volumes = main.get("volumes_dir") or parser.get("blockerm", "archip_dir", fallback="")
    if not blocks or not volumes:
        key = "VOLUMES_DIR" if blocks else "BLOCKS_DIR"
        raise BadSettings(f"{conf}: set {key} in the section [ARCHIPELAGO].")
    try:
        umask = int(main.get("umask") or "0o007", 0)
    except ValueError:
        raise BadSettings(f"{conf}: UMASK must be a number such as 0o007.") from None
    return Places(
        blocks=Path(blocks),
        volumes=Path(volumes),
        run=Path(main.get("run_dir") or "/var/run/archipelago"),
        log=Path(main.get("log_dir") or "/var/log/archipelago"),
        owner=(main.get("unique_str") or socket.gethostname())[:128],
        umask=umask,
        conf=conf.absolute(),
        offline_nodes=Path(main.get("offline_nodes") or OFFLINE_NODES),
    )


def socket_path(places: Places, name: str, kind: str) -> Path:
    """Tell where a socket of a volume lies; long paths get a short name that means the same."""
    path = places.run / f"{name}.{kind}"
    if len(os.fsencode(path)) <= _SOCKET_PATH_MAX:
        return path
    short = places.run / f"{_short(name)}.{kind}"
    if len(os.fsencode(short)) <= _SOCKET_PATH_MAX:
        return short
    raise BadSettings(f"RUN_DIR {places.run} is too long a path for a socket: use a shorter one.")


def _short(name: str) -> str:
    value = 0
    for byte in name.encode():
        value = (value * 1099511628211 ^ byte) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"
