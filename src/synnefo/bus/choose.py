"""Opens the bus that settings name. Spec: operations 11."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from synnefo.bus.local import LocalBus
from synnefo.bus.port import Bus
from synnefo.kit import conf

AMQP = "synnefo.bus.amqp"
"""Loaded only where brokers are named: a host without them does without the library."""


def open_bus(
    hosts: Sequence[str], queue_type: str, url: str, *, attempts: int | None = None
) -> Bus:
    """Open the brokers at `hosts` or, without any, the local bus at `url` (`local://PATH`).

    `attempts` is how often brokers are tried in a row; None for as often as usual.
    """
    if hosts:
        return _over_brokers(hosts, queue_type, attempts)
    scheme, _, place = url.partition("://")
    if scheme != "local":
        raise conf.SettingsError(
            f"BUS_URL: '{scheme}' is no known bus; use local:///PATH or AMQP_HOSTS."
        )
    return LocalBus(Path(place))


def _over_brokers(hosts: Sequence[str], queue_type: str, attempts: int | None) -> Bus:
    try:
        adapter = importlib.import_module(AMQP)
    except ImportError as error:
        raise conf.SettingsError(
            "AMQP_HOSTS names message brokers, but kombu is not installed. "
            "Run: pip install 'snf-common[amqp]'."
        ) from error
    tries = adapter.ATTEMPTS if attempts is None else attempts
    bus: Bus = adapter.AmqpBus(hosts, queue_type=queue_type, attempts=tries)
    return bus
