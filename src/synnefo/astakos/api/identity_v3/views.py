"""What several pages of Identity show alike."""

from synnefo.astakos.domain.catalogs import V3Service
from synnefo.astakos.usecases import offerings


def catalog_for(project_id: str) -> list[V3Service]:
    """Make the catalogue for a project."""
    return offerings.catalog(project_id)
