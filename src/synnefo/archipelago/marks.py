"""Which volumes this node should be serving: one small file for each, for one run of the kernel.

`attach` makes the mark, `detach` takes it away; a supervisor restarts whatever is marked and not
alive. After a reboot the marks of before mean nothing: the machines will be started anew.
"""

import os
from pathlib import Path

from synnefo.archipelago.names import boot_id

_SUFFIX = ".want"


class Marks:
    """The marks in the run directory."""

    def __init__(self, run: Path) -> None:
        self._run = run

    def add(self, name: str) -> None:
        """Want a volume to be served from now on."""
        self._run.mkdir(parents=True, exist_ok=True, mode=0o750)
        path = self._path(name)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(boot_id())
        temporary.rename(path)

    def remove(self, name: str) -> None:
        """Want it no more."""
        self._path(name).unlink(missing_ok=True)

    def has(self, name: str) -> bool:
        """Tell whether it is wanted."""
        try:
            return self._path(name).read_bytes() == boot_id()
        except FileNotFoundError:
            return False

    def names(self) -> list[str]:
        """List what is wanted in this run of the kernel."""
        found = (p.name.removesuffix(_SUFFIX) for p in self._run.glob(f"*{_SUFFIX}"))
        return sorted(name for name in found if self.has(name))

    def _path(self, name: str) -> Path:
        return self._run / f"{name}{_SUFFIX}"
