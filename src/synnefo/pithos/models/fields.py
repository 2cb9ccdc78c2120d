"""Columns that must sort by code point, whatever the database's language is."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class NameField(models.CharField):  # type: ignore[type-arg] # generic only in its stubs
    """Text compared byte by byte, so that listings page by ranges. Spec: object-storage 13.1."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Ask PostgreSQL for its C collation; SQLite compares that way already."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters
