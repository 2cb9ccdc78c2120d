"""What the long-running processes of a host share: set-up and an orderly end."""

import importlib
import os
import signal
import threading

import django

from synnefo.kit import logs, structs
from synnefo.webproject import components

PATIENT = 5
"""How much processor time is left to those who answer requests (see `nice`)."""


def start(program: str) -> threading.Event:
    """Set Django and the logs up; answers the event that SIGTERM or SIGINT sets.

    What runs behind the requests gives way to them where the processors are busy.
    """
    os.nice(PATIENT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.webproject.django_settings")
    django.setup()
    logs.configure(program)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def load(kind: str) -> list[str]:
    """Import the modules that bricks name under `kind`; answers the labels of all bricks."""
    for module in components.gather(kind):
        importlib.import_module(module)
    structs.ready_all()
    return [component.label for component in components.installed() if component.label]
