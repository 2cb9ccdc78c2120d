"""The message bus that this host's settings name."""

import functools
import importlib
from pathlib import Path

from synnefo.bus.local import LocalBus
from synnefo.bus.port import Bus
from synnefo.kit import conf
from synnefo.serve.settings import ServeSettings

AMQP = "synnefo.bus.amqp"
"""Loaded only where brokers are named: a host without them does without the library."""


@functools.cache
def bus() -> Bus:
    """Answer this process' bus."""
    settings = conf.of(ServeSettings)
    if settings.amqp_hosts:
        return _over_brokers(settings.amqp_hosts, settings.amqp_queue_type)
    url = settings.bus_url or f"local://{settings.synnefo_data_dir}/bus.sqlite3"
    scheme, _, place = url.partition("://")
    if scheme != "local":
        raise conf.SettingsError(
            f"BUS_URL: '{scheme}' is no known bus; use local:///PATH or AMQP_HOSTS."
        )
    return LocalBus(Path(place))


def _over_brokers(hosts: list[str], queue_type: str) -> Bus:
    try:
        adapter = importlib.import_module(AMQP)
    except ImportError as error:
        raise conf.SettingsError(
            "AMQP_HOSTS names message brokers, but kombu is not installed. "
            "Run: pip install 'snf-common[amqp]'."
        ) from error
    bus: Bus = adapter.AmqpBus(hosts, queue_type=queue_type)
    return bus
