"""Limits as pages send them."""

from synnefo.wire.provisions import INF


def bounded(limit: int) -> int:
    """Take whatever exceeds the largest limit as that: numbers of browsers are not that exact."""
    return min(limit, INF)
