"""Metrics for Prometheus; every process may add its own.

Where the environment names a PROMETHEUS_MULTIPROC_DIR, the processes that share it are shown
together, whichever of them is asked.
"""

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["CONTENT_TYPE_LATEST", "Counter", "Gauge", "Histogram", "exposition"]

REQUESTS = Counter("synnefo_requests_total", "Requests answered", ["api", "method", "status"])
REQUEST_SECONDS = Histogram(
    "synnefo_request_seconds",
    "Time to answer a request",
    ["api"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
ERRANDS = Counter("synnefo_errands_total", "Errands carried out", ["errand", "outcome"])
MESSAGES = Counter("synnefo_messages_total", "Bus messages taken", ["queue", "outcome"])


def exposition() -> bytes:
    """Write the metrics of this process, or of all that share a folder, as Prometheus reads."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest()
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call] # the library has no types here
    return generate_latest(together)
