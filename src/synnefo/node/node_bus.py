"""Where the programs of a node tell what they see. Spec: operations 11."""

from collections.abc import Sequence

import msgspec

from synnefo.bus.choose import open_bus
from synnefo.bus.port import Binding, Bus
from synnefo.wire import job_events


class NodeBusSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The message bus as a node knows it."""

    amqp_hosts: list[str] = []
    """Message brokers, `amqp://USER:PASSWORD@HOST:PORT` each; named, they come before BUS_URL."""

    amqp_queue_type: str = "quorum"
    """Kind of queue that is declared, as on the hosts of `snf-dispatcher`."""

    bus_url: str = ""
    """Where messages travel without brokers: `local:///PATH/bus.sqlite3`."""


def open_node_bus(
    settings: NodeBusSettings, prefixes: Sequence[str] = (), *, attempts: int | None = None
) -> Bus:
    """Open the bus; the queues of deployments with these prefixes are there from now on.

    Then early news are kept until the first `snf-dispatcher` comes.
    """
    bus = open_bus(
        settings.amqp_hosts, settings.amqp_queue_type, settings.bus_url, attempts=attempts
    )
    for prefix in prefixes:
        for kind in job_events.QUEUE_KINDS:
            key = job_events.routing_key(kind, prefix)
            queue = job_events.queue_name(kind, prefix)
            bus.declare(queue, [Binding(job_events.EXCHANGE, key)])
    return bus
