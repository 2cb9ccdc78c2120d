"""`snf-progress-monitor INSTANCE`: carries what an image's deployment says to the bus.

It reads one JSON object after the other from its standard input. Spec: compute 11.4.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from synnefo.bus.port import Bus, BusUnreachable
from synnefo.kit import clock, conf
from synnefo.kit.logs import configure, get_logger
from synnefo.node.node_bus import NodeBusSettings, open_node_bus
from synnefo.wire import job_events

log = get_logger(__name__)

USAGE = "usage: snf-progress-monitor INSTANCE < JSON objects\n"
TRIES = 2
_LONGEST = 1 << 20
_READER = json.JSONDecoder()


def objects(source: int) -> Iterator[dict[str, Any]]:
    """Read JSON objects from a file descriptor as they arrive, whatever lies between them."""
    waiting = ""
    while piece := os.read(source, 65536):
        waiting = (waiting + piece.decode(errors="replace")).lstrip()
        while waiting:
            try:
                value, end = _READER.raw_decode(waiting)
            except ValueError:
                if len(waiting) > _LONGEST:
                    log.error("not JSON", text=waiting[:200])
                    waiting = ""
                break
            waiting = waiting[end:].lstrip()
            if isinstance(value, dict):
                yield value
    if waiting:
        log.error("not JSON", text=waiting[:200])


def carry(instance: str, source: int, bus: Bus) -> None:
    """Publish every object with its instance and the time; without a broker they are lost.

    An image is deployed all the same: nobody waits for a bar that moves.
    """
    key = job_events.routing_key("progress", job_events.prefix_of(instance))
    for value in objects(source):
        now = job_events.split_time(clock.now().timestamp())
        body = msgspec.json.encode({**value, "instance": instance, "event_time": now})
        sys.stderr.write(body.decode() + "\n")
        try:
            bus.publish(job_events.EXCHANGE, key, body)
        except BusUnreachable as error:
            log.warning("progress not told", reason=str(error))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until the input ends."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if len(words) != 1 or words[0].startswith("-"):
        sys.stderr.write(USAGE)
        return 1
    configure("snf-progress-monitor")
    try:
        settings = conf.load().of(NodeBusSettings)
        bus = open_node_bus(settings, attempts=TRIES * len(settings.amqp_hosts))
    except conf.SettingsError as error:
        sys.stderr.write(f"snf-progress-monitor: {error}\n")
        return 1
    with contextlib.closing(bus):
        carry(words[0], sys.stdin.fileno(), bus)
    return 0


if __name__ == "__main__":
    sys.exit(main())
