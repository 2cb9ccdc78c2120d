"""Structured logs: one event a line, with keys instead of sentences with values."""

import contextlib
import logging
import logging.config
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from synnefo.kit import clock
from synnefo.kit.without import without

with without("rich", "greenlet"):
    import structlog

_SECRET = ("password", "secret", "token", "adminpass", "user_data")

get_logger = structlog.stdlib.get_logger


_lines: list[Any] = []


def quick(logger: str, event: str, **facts: Any) -> None:
    """Log what happens thousands of times a second: one line, written past the machinery.

    The facts must hold no secrets. Where people read the log, it looks like every other event.
    """
    if not _lines:
        get_logger(logger).info(event, **facts)
        return
    context = structlog.contextvars.get_contextvars()
    when = clock.stamp_micro(clock.now())
    head = {"event": event, "level": "info", "logger": logger, "timestamp": when}
    with contextlib.suppress(OSError):
        _lines[0].write(msgspec.json.encode({**facts, **context, **head}).decode() + "\n")


def _hide_secrets(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Mask the values of keys that name secrets."""
    return {key: "***" if value and _is_secret(key) else value for key, value in event.items()}


def _is_secret(key: str) -> bool:
    return any(word in key.lower() for word in _SECRET)


def configure(program: str, *, level: str = "INFO", stream: Any = None) -> None:
    """Send this process' logs to standard error: text on a terminal, JSON elsewhere.

    A log that cannot be written, on a full disk, stops nothing.
    """
    out = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = (
        structlog.dev.ConsoleRenderer()
        if out.isatty()
        else structlog.processors.JSONRenderer(default=str)
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.processors.format_exc_info,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
        )
    )
    _lines[:] = [] if out.isatty() or level != "INFO" else [out]
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.getLogger("django.request").setLevel(logging.ERROR)
    structlog.contextvars.bind_contextvars(program=program)


def apply(setup: Mapping[str, Any]) -> None:
    """Apply an operator's LOGGING_SETUP. Spec: operations 4.1."""
    logging.config.dictConfig(dict(setup))
