"""Errands of Pithos, recorded beside the rows they serve."""

from synnefo.serve.errands import ErrandRow


class QueuedErrand(ErrandRow):
    """One errand of Pithos."""
