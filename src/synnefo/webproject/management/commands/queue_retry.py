"""`snf-manage queue-retry`. Spec: compute 16.7."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.bus.port import BusUnreachable
from synnefo.serve import consumer, dead_letters
from synnefo.serve.messages import bus
from synnefo.webproject import process


class Command(BaseCommand):
    """Gives dead letters another chance."""

    help = (
        "Publish every dead letter again. One that had its second chance already, or is no JSON, "
        "is removed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether those that died twice stay."""
        parser.add_argument(
            "--keep-zombies", action="store_true", help="leave letters that died twice alone"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Retry queue by queue and tell how many."""
        process.load("consumers")
        try:
            consumer.declare(bus())
            for queue in consumer.queues():
                done = dead_letters.retry(bus(), queue, keep_zombies=options["keep_zombies"])
                self.stdout.write(f"{done.queue}: {done.sent} sent again, {done.removed} removed")
        except BusUnreachable as error:
            raise CommandError(str(error)) from error
