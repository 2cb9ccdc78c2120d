"""What projects need from time to time: counts that agree, and a history of usage."""

from synnefo.astakos.settings import ProjectSettings
from synnefo.astakos.usecases import project_checks, usage_history
from synnefo.kit import conf
from synnefo.serve.errands import sweep

_interval = conf.of(ProjectSettings).astakos_usage_sample_interval


@sweep("astakos.settle_projects", every=600)
def settle_projects() -> None:
    """Bring limits and counts of waiting applications in line with the projects."""
    project_checks.settle()


@sweep("astakos.sample_usage", every=_interval or 3600)
def sample_usage() -> None:
    """Write down how usage changed since the last look."""
    if _interval:
        usage_history.sample()


@sweep("astakos.thin_usage", every=86400)
def thin_usage() -> None:
    """Thin out the history of usage."""
    usage_history.thin()
