"""What every cloud has from the start, made or mended whenever its bricks register."""

from synnefo.astakos.usecases import domains, groups, offerings, roles


def ensure() -> None:
    """Make the domain of everybody, the standing roles and the region; adopt old groups."""
    domains.ensure()
    roles.ensure()
    offerings.ensure_region()
    groups.adopt()
