"""Imports that do without what they would take if it were there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let packages seem to be missing, for imports that work without them and keep them for good.

    structlog, for one, loads rich in every process of an environment that has it: megabytes to
    paint tracebacks that no log shows. What is loaded already stays as it is.
    """
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None: no such package
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
