"""The errands of Astakos, in its own database."""

from synnefo.serve.errands import ErrandRow


class QueuedErrand(ErrandRow):
    """An errand that waits for the worker."""

    class Meta:
        app_label = "astakos"
