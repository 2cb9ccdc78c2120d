"""Names of volumes, and the identity of the process that holds one. Spec: volumes 2.1."""

import re
from pathlib import Path

from synnefo.archipelago.faults import BadName

MIN_LENGTH = 6
MAX_LENGTH = 82

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+@=-]*\Z")
_BLOCK_LIKE = re.compile(r".*_[0-9a-f]{16}\Z")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def check_name(name: str, what: str = "volume") -> str:
    """Refuse what no volume may be called; return the name."""
    if len(name) < MIN_LENGTH:
        raise BadName(f"Name should have at least len {MIN_LENGTH}")
    if len(name) > MAX_LENGTH:
        raise BadName(f"A {what} name has at most {MAX_LENGTH} characters.")
    reserved = name.startswith("archip_") or name.endswith("_lock") or _BLOCK_LIKE.match(name)
    if reserved or not _SAFE.match(name):
        raise BadName(f"Invalid {what} name: {name}")
    return name


def boot_id() -> bytes:
    """Name the present run of the kernel: its page cache is lost when this changes."""
    return bytes.fromhex(_BOOT_ID.read_text(encoding="ascii").strip().replace("-", ""))
