"""The program `snf-ganeti-eventd`. Spec: compute 11.1."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from synnefo.bus.port import Bus
from synnefo.kit import conf, structs
from synnefo.kit.logs import configure, get_logger
from synnefo.node.event_sender import EventSender
from synnefo.node.eventd.daemon import Eventd
from synnefo.node.eventd.outbox import MemoryOutbox
from synnefo.node.eventd.settings import EventdSettings
from synnefo.node.node_bus import NodeBusSettings, open_node_bus

log = get_logger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program until it is told to end."""
    options = _parser().parse_args(arguments)
    stream = options.log.open("a", buffering=1) if options.log else None
    configure("snf-ganeti-eventd", level="DEBUG" if options.debug else "INFO", stream=stream)
    structs.ready_all()
    try:
        loaded = conf.load(paths=[options.config] if options.config else None)
        settings, bus = loaded.of(EventdSettings), loaded.of(NodeBusSettings)
        if not bus.amqp_hosts and not bus.bus_url:
            raise conf.SettingsError("AMQP_HOSTS is not set: nobody would hear what jobs do.")
    except conf.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.pid_file:
        options.pid_file.write_text(f"{os.getpid()}\n")
    try:
        _run(settings, bus)
    finally:
        if options.pid_file:
            options.pid_file.unlink(missing_ok=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="snf-ganeti-eventd",
        description="Tells the message bus how the jobs of this Ganeti cluster move.",
    )
    parser.add_argument("--config", type=Path, help="settings file instead of /etc/synnefo")
    parser.add_argument("-d", "--debug", action="store_true", help="log more")
    parser.add_argument("-l", "--log", type=Path, help="log file instead of standard error")
    parser.add_argument("--pid-file", type=Path, help="file for the process id")
    return parser


def _run(settings: EventdSettings, bus: NodeBusSettings) -> None:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())

    def open_bus() -> Bus:
        """Try every broker once; the sender comes back for ever. Spec: operations 11."""
        return open_node_bus(bus, settings.eventd_prefixes, attempts=len(bus.amqp_hosts))

    outbox = MemoryOutbox(Path(settings.eventd_state))
    sender = EventSender(outbox, open_bus)
    sender.start()
    Eventd(settings, outbox, sender).run(stopping)
    sender.stop()


if __name__ == "__main__":
    sys.exit(main())
