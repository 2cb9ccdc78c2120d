"""`snf-dispatcher`: takes messages from the bus to the bricks of this host. Spec: compute 11.6."""

import argparse
import threading

from django.db import close_old_connections

from synnefo.bus.port import BusUnreachable
from synnefo.kit.logs import get_logger
from synnefo.serve import consumer
from synnefo.serve.messages import bus
from synnefo.webproject import process

log = get_logger(__name__)

PREFETCH = 5
PAUSE = 10.0
"""Seconds before another try when the bus does not answer. Spec: compute 11.6."""


def serve(stopping: threading.Event) -> None:
    """Take messages, one thread a queue, until told to stop."""
    queues = consumer.declare(bus())
    threads = [
        threading.Thread(target=_take_all, args=(queue, stopping), name=queue) for queue in queues
    ]
    for thread in threads:
        thread.start()
    stopping.wait()
    for thread in threads:
        thread.join()


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
