"""`snf-dispatcher`: takes messages from the bus to the bricks of this host. Spec: compute 11.6."""

import argparse
import threading

from django.db import close_old_connections

from synnefo.bus.port import BusUnreachable
from synnefo.kit import conf
from synnefo.kit.logs import get_logger
from synnefo.serve import consumer
from synnefo.serve.messages import bus
from synnefo.serve.settings import ServeSettings
from synnefo.webproject import process

log = get_logger(__name__)

PREFETCH = 5
PAUSE = 10.0
"""Seconds before another try when the bus does not answer. Spec: compute 11.6."""


def serve(stopping: threading.Event) -> None:
    """Take messages until told to stop, some threads for each queue."""
    threads = [
        threading.Thread(target=_take_all, args=(queue, stopping), name=queue)
        for queue in consumer.declare(bus())
        for _ in range(_threads(queue))
    ]
    with consumer.with_afterwards():
        for thread in threads:
            thread.start()
        stopping.wait()
        for thread in threads:
            thread.join()


def _threads(queue: str) -> int:
    """Tell how many threads take from a queue.

    They wait for the database's disk together. A bus without a broker gains nothing by it: its
    own file is the narrow place.
    """
    settings = conf.of(ServeSettings)
    is_busy = bool(settings.amqp_hosts) and queue in consumer.busy()
    return settings.dispatcher_threads if is_busy else 1


def _take_all(queue: str, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            for delivery in bus().consume([queue], prefetch=PREFETCH, stop=stopping.is_set):
                consumer.take(queue, delivery)
                close_old_connections()
        except BusUnreachable as error:
            log.warning("bus-unreachable", queue=queue, error=str(error))
            stopping.wait(PAUSE)


def main() -> None:
    """Run until SIGTERM."""
    argparse.ArgumentParser(
        "snf-dispatcher", description="Take cluster events from the bus to this host's components."
    ).parse_args()
    stopping = process.start("snf-dispatcher")
    process.load("consumers")
    log.info("started")
    serve(stopping)
    log.info("stopped")


if __name__ == "__main__":
    main()
