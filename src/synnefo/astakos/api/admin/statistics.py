"""Figures of the whole cloud. Spec: identity 10.2."""

from synnefo.astakos.api.jsonp import told
from synnefo.astakos.settings import StatisticsSettings
from synnefo.astakos.usecases import callers, statistics
from synnefo.kit import conf
from synnefo.kit.faults import Forbidden
from synnefo.serve.http import Call, Reply


def show_totals(call: Call) -> Reply:
    """Tell how many people there are; no token is needed, and pages of other hosts may ask."""
    return told(call, {"users": statistics.totals()}, {"Cache-Control": "max-age=60"})


def show_detail(call: Call) -> statistics.Statistics:
    """Show people and resources, whole and by sign-in method, to members of the named groups."""
    callers.user_of(call.who)
    permitted = conf.of(StatisticsSettings).astakos_admin_stats_permitted_groups
    if not set(call.who.groups) & set(permitted):
        raise Forbidden("Only members of the groups that may see statistics may see these.")
    return statistics.detail()
