"""What several pages of Identity show alike."""

import msgspec

from synnefo.astakos.domain.catalogs import V3Service
from synnefo.astakos.usecases import offerings, remembered
from synnefo.astakos.usecases.remembered import Kept

_encoded: Kept[msgspec.Raw] = Kept(lambda s: s.astakos_endpoint_cache_timeout, size=2000)


def catalog_for(project_id: str) -> list[V3Service]:
    """Make the catalogue for a project."""
    return offerings.catalog(project_id)


def encoded_catalog(project_id: str) -> msgspec.Raw:
    """Make the catalogue for a project as JSON, once until it changes."""
    kept = _encoded.get(project_id)
    if kept is None:
        mark = remembered.mark()
        kept = msgspec.Raw(msgspec.json.encode(offerings.catalog(project_id)))
        _encoded.put(project_id, kept, mark, None)
    return kept
