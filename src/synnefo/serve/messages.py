"""The message bus that this host's settings name."""

import functools

from synnefo.bus.choose import open_bus
from synnefo.bus.port import Bus
from synnefo.kit import conf
from synnefo.serve.settings import ServeSettings


@functools.cache
def bus() -> Bus:
    """Answer this process' bus."""
    settings = conf.of(ServeSettings)
    url = settings.bus_url or f"local://{settings.synnefo_data_dir}/bus.sqlite3"
    return open_bus(settings.amqp_hosts, settings.amqp_queue_type, url)
