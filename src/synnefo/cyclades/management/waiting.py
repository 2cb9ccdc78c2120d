"""Waits for what a cluster does for a command. Spec: compute 16.1."""

import time
from argparse import ArgumentParser

from django.core.management.base import CommandError

from synnefo.cyclades.management.words import truth
from synnefo.cyclades.models import Server
from synnefo.kit import clock

PATIENCE = 1800.0
_STEP = 0.3


def add_wait_option(parser: ArgumentParser, *, default: bool) -> None:
    """Add `--wait`."""
    parser.add_argument(
        "--wait", type=truth, default=default, help=f"wait for the cluster ({default})"
    )


def until_settled(server_id: int, *, patience: float = PATIENCE) -> Server:
    """Wait until a server is busy no more; CommandError when what it did has failed."""
    until = clock.monotonic() + patience
    while True:
        server = Server.objects.get(id=server_id)
        if server.task is None:
            break
        if clock.monotonic() > until:
            raise CommandError(f"The server {server_id} is still busy with {server.task}.")
        time.sleep(_STEP)
    event = server.events.order_by("-started", "-id").first()
    if event is not None and event.result.lower() == "error":
        raise CommandError(f"The server {server_id}: {event.message or 'it failed.'}")
    if server.operstate == "ERROR":
        reason = (server.fault or {}).get("message", "it failed")
        raise CommandError(f"The server {server_id}: {reason}")
    return server
