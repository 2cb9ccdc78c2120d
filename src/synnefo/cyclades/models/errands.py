"""Errands of Cyclades, recorded with the rows that they serve."""

from synnefo.serve.errands import ErrandRow


class QueuedErrand(ErrandRow):
    """One recorded intent, carried out by `snf-worker` at least once."""

    class Meta(ErrandRow.Meta):
        """Kept in the brick's own database, so that it commits with the brick's rows."""

        app_label = "cyclades"
        db_table = "cyclades_errand"
