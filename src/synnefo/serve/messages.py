"""The message bus that this host's settings name."""

import functools
from pathlib import Path

from synnefo.bus.local import LocalBus
from synnefo.bus.port import Bus
from synnefo.kit import conf
from synnefo.serve.settings import ServeSettings


@functools.cache
def bus() -> Bus:
    """Answer this process' bus."""
    settings = conf.of(ServeSettings)
    url = settings.bus_url or f"local://{settings.synnefo_data_dir}/bus.sqlite3"
    scheme, _, place = url.partition("://")
    if scheme != "local":
        raise conf.SettingsError(f"BUS_URL: '{scheme}' is no known bus; use local:///PATH.")
    return LocalBus(Path(place))
