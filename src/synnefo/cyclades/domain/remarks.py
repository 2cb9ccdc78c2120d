"""What an image's deployment says, as its server's diagnostics. Spec: compute 11.9."""

from collections.abc import Sequence

import msgspec

_LEVELS = {
    "image-info": "DEBUG",
    "image-warning": "WARNING",
    "image-error": "ERROR",
}
_HELPER_LEVELS = {
    "task-start": "DEBUG",
    "task-end": "DEBUG",
    "info": "INFO",
    "warning": "WARNING",
    "error": "ERROR",
}


class Remark(msgspec.Struct, frozen=True):
    """One line of a server's diagnostics."""

    level: str
    source: str
    message: str


def of_deployment(
    kind: str, subtype: str | None, messages: Sequence[object] | None, *, task: str = ""
) -> Remark | None:
    """Read a message of a deployment; None for a kind that nobody knows."""
    told = " ".join(str(one) for one in messages or ())
    if kind in _LEVELS:
        return Remark(_LEVELS[kind], kind, told or _words(kind))
    if kind != "image-helper" or subtype not in _HELPER_LEVELS:
        return None
    if subtype.startswith("task-"):
        source = f"image-helper-{subtype}"
        return Remark("DEBUG", source, task or told or _words(source))
    return Remark(_HELPER_LEVELS[subtype], kind, told or _words(kind))


def _words(source: str) -> str:
    return source.replace("-", " ").capitalize()
