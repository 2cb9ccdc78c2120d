"""Errors as people read them. Spec: kamaki 4."""

from collections.abc import Sequence


class KamakiError(Exception):
    """A failure with its details; importance 1 to 3 gives the colour."""

    def __init__(self, message: str, *, details: Sequence[str] = (), importance: int = 2) -> None:
        super().__init__(message)
        self.message = message
        self.details = list(details)
        self.importance = importance

    def lines(self) -> list[str]:
        """Write the message, then each detail behind a bar."""
        return [self.message, *(f"|  {detail}" for detail in self.details)]
