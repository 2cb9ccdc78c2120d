"""`snf-manage queue-inspect`. Spec: compute 16.7."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.bus.port import BusUnreachable, Delivery
from synnefo.kit.faults import Fault
from synnefo.serve import consumer, dead_letters
from synnefo.serve.messages import bus
from synnefo.webproject import process


class Command(BaseCommand):
    """Shows what waits in a queue."""

    help = (
        "Show the messages that wait in a queue and leave them there. Dead letters of a queue "
        "lie in the queue of its name with '-dl' behind."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the queue and what becomes of the messages."""
        parser.add_argument("queue", metavar="QUEUE", nargs="?", help="without it, list them")
        parser.add_argument("--no-requeue", action="store_true", help="remove what is shown")
        parser.add_argument(
            "-i", "--interactive", action="store_true", help="ask about each whether it stays"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print each message."""
        process.load("consumers")
        known = consumer.queues()
        try:
            if not options["queue"]:
                self._list(known)
                return
            dead_letters.check_name(options["queue"], known)
            seen = dead_letters.inspect(
                bus(),
                options["queue"],
                show=self._show,
                keep=lambda _delivery: self._stays(options),
            )
        except (Fault, BusUnreachable) as fault:
            raise CommandError(str(fault)) from fault
        self.stderr.write(f"{seen} messages." if seen else "The queue is empty.")

    def _list(self, known: list[consumer.QueueOf]) -> None:
        consumer.declare(bus())
        for queue in known:
            for name in (queue.name, f"{queue.name}-dl"):
                self.stdout.write(f"{name}  {bus().count(name)}")

    def _show(self, delivery: Delivery) -> None:
        text = delivery.body.decode("utf-8", "replace")
        notes = [word for word, is_so in (("revived", delivery.is_revived),) if is_so]
        self.stdout.write(f"{delivery.routing_key} {' '.join(notes)}\n  {text}")

    def _stays(self, options: dict[str, Any]) -> bool:
        if options["interactive"]:
            return input("Leave it in the queue? [Y/n] ").strip().lower() not in {"n", "no"}
        return not options["no_requeue"]
