"""How resources are shown, for pages. Spec: identity 17.2."""

import msgspec

from synnefo.astakos.api.discovery import identity_url
from synnefo.astakos.api.faults import PAGES
from synnefo.astakos.domain.presentation import Card, Group
from synnefo.astakos.usecases import callers, presentations
from synnefo.serve.http import Api, Call, Route


class Presentation(msgspec.Struct):
    """Groups and resources, in order."""

    groups: list[Group]
    resources: list[Card]


def show_presentation(_call: Call) -> Presentation:
    """Tell how the resources that pages show are named, grouped and explained."""
    return Presentation(presentations.groups(), presentations.cards())


API = Api(
    "astakos-presentation",
    "ui/presentation",
    [Route("GET", "/", show_presentation, auth=False)],
    fault_style=PAGES,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)
