"""Metrics for Prometheus; every process may add its own."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

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
    """Write all metrics of this process in Prometheus' text format."""
    return generate_latest()
