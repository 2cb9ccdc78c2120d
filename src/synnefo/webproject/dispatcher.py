"""`snf-dispatcher`: takes messages from the bus to the bricks of this host. Spec: compute 11.6."""

import argparse
import os
import sys
import threading
from pathlib import Path

from django.db import close_old_connections

from synnefo.bus.port import BusUnreachable
from synnefo.kit import conf, logs
from synnefo.kit.logs import get_logger
from synnefo.serve import consumer, dead_letters
from synnefo.serve.messages import bus
from synnefo.serve.settings import ServeSettings
from synnefo.webproject import dispatcher_check, process

log = get_logger(__name__)

PREFETCH = 5
PAUSE = 10.0
"""Seconds before another try when the bus does not answer. Spec: compute 11.6."""


def serve(stopping: threading.Event) -> None:
    """Take messages until told to stop, some threads for each queue."""
    queues = _declared(stopping)
    threads = [
        threading.Thread(target=_take_all, args=(queue, stopping), name=queue)
        for queue in queues
        for _ in range(_threads(queue))
    ]
    check = threading.Thread(
        target=dispatcher_check.answer_questions, args=(bus(), stopping), name="status-check"
    )
    threads.append(check)
    with consumer.with_afterwards():
        for thread in threads:
            thread.start()
        stopping.wait()
        for thread in threads:
            thread.join()


def _declared(stopping: threading.Event) -> list[str]:
    """Make the queues, as soon as a broker answers."""
    while not stopping.is_set():
        try:
            return consumer.declare(bus())
        except BusUnreachable as error:
            log.warning("bus-unreachable", error=str(error))
            stopping.wait(PAUSE)
    return []


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
    options = _parser().parse_args()
    stopping = process.start("snf-dispatcher")
    if options.debug:
        logs.configure("snf-dispatcher", level="DEBUG")
    process.load("consumers")
    if options.status_check or options.drain_queue or options.purge_queues:
        sys.exit(_once(options))
    if options.pid_file:
        options.pid_file.write_text(f"{os.getpid()}\n")
    log.info("started")
    serve(stopping)
    log.info("stopped")
    if options.pid_file:
        options.pid_file.unlink(missing_ok=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "snf-dispatcher", description="Take cluster events from the bus to this host's components."
    )
    parser.add_argument("-d", "--debug", action="store_true", help="log more")
    parser.add_argument("-p", "--pid-file", type=Path, help="file for the process id")
    parser.add_argument(
        "--status-check", action="store_true", help="ask the one that runs how its clusters are"
    )
    parser.add_argument("--drain-queue", metavar="QUEUE", help="drop what waits in a queue")
    parser.add_argument(
        "--purge-queues", action="store_true", help="delete the queues with all that waits in them"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    return parser


def _once(options: argparse.Namespace) -> int:
    """Do what ends by itself."""
    if options.status_check:
        return 0 if dispatcher_check.ask(bus(), _running(options.pid_file), _say) else 1
    named = {queue.name: queue for queue in consumer.queues()}
    wanted = [options.drain_queue] if options.drain_queue else sorted(named)
    unknown = [name for name in wanted if name.removesuffix("-dl") not in named]
    if unknown:
        sys.stderr.write(f"There is no queue {unknown[0]}. There are: {', '.join(named)}.\n")
        return 1
    question = f"Drop all messages of {', '.join(wanted)}? [N/y] "
    if not options.yes and input(question).strip().lower() != "y":
        return 1
    for name in wanted:
        if options.drain_queue:
            sys.stdout.write(f"{dead_letters.drain(bus(), name)} messages were dropped.\n")
        else:
            bus().drop(name)
            sys.stdout.write(f"{name} was deleted.\n")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _running(file: Path | None) -> int:
    """Find the dispatcher that runs on this host by its pid file."""
    own = Path(conf.of(ServeSettings).synnefo_data_dir) / "run" / "dispatcher.pid"
    for place in (file, own, Path("/var/run/synnefo/snf-dispatcher.pid")):
        if place is not None and place.exists():
            return int(place.read_text())
    raise SystemExit("No pid file says which dispatcher runs; give one with --pid-file.")


if __name__ == "__main__":
    main()
