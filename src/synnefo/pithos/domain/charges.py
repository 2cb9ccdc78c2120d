"""What a change costs in bytes. Spec: object-storage 16.3."""

import msgspec

from synnefo.pithos.domain.policies import Versioning


class Keeping(msgspec.Struct, frozen=True):
    """How former versions are kept and whether they are charged."""

    versioning: Versioning
    is_history_free: bool

    @property
    def keeps_history(self) -> bool:
        """Tell whether a former version stays readable."""
        return self.versioning is Versioning.AUTO

    @property
    def charges_history(self) -> bool:
        """Tell whether a former version stays charged."""
        return self.keeps_history and not self.is_history_free


def of_write(keeping: Keeping, old: int, new: int) -> int:
    """Tell what writing `new` bytes over `old` ones costs."""
    return new if keeping.charges_history else new - old


def of_metadata(keeping: Keeping, size: int) -> int:
    """Tell what a version with the same content costs."""
    return size if keeping.charges_history else 0


def of_delete(keeping: Keeping, size: int) -> int:
    """Tell what deleting a current version costs; zero or less."""
    return 0 if keeping.charges_history else -size


def of_purge(keeping: Keeping, size: int) -> int:
    """Tell what removing former versions of `size` bytes costs; zero or less."""
    return -size if keeping.charges_history else 0
