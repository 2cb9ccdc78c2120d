"""What a person chose for one run: configuration, cloud, how to trust, how much to tell."""

from pathlib import Path
from typing import NamedTuple

from kamaki.config import Config


class Choice(NamedTuple):
    """The global options of one run. Spec: kamaki 1.2."""

    config: Config
    cloud: str | None = None
    bundle: str = ""
    is_insecure: bool = False
    verbosity: int = 0
    """0: silent about HTTP, 1: lines and headers, 2: bodies too."""


def chosen(config: Config, *, cloud: str | None, ca_certs: Path | None, is_insecure: bool,
           verbosity: int) -> Choice:  # fmt: skip
    """Complete what was given by what is configured."""
    return Choice(
        config=config,
        cloud=cloud,
        bundle=str(ca_certs or config.get("ca_certs")),
        is_insecure=is_insecure or config.get("ignore_ssl") == "on",
        verbosity=verbosity,
    )
