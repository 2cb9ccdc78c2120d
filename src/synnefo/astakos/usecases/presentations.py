"""How the resources of this cloud are shown, as its operators like it. Spec: identity 17.2."""

from synnefo.astakos.domain import presentation
from synnefo.astakos.domain.presentation import Card, Group
from synnefo.astakos.models import Resource
from synnefo.astakos.settings import AdminSettings
from synnefo.kit import conf


def cards(*, hidden: bool = False) -> list[Card]:
    """Answer how the resources that pages show are shown, in order; all of them if asked."""
    found = Resource.objects.all() if hidden else Resource.objects.filter(ui_visible=True)
    names = found.values_list("name", flat=True)
    return presentation.cards(names, conf.of(AdminSettings).astakos_resources_meta)


def groups() -> list[Group]:
    """Answer the groups of resources, in order."""
    return presentation.groups(conf.of(AdminSettings).astakos_resources_meta)
