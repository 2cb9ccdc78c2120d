"""Who users are, for commands and lists: asked of the identity service as this component."""

from functools import cache

from synnefo.clients.astakos import AstakosClient
from synnefo.clients.user_names import UserNames
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.kit.faults import ItemNotFound


def names() -> UserNames:
    """Answer the names of users, remembered for as long as this is kept."""
    return UserNames(_client().usernames)


def uuid_of(identifier: str) -> str:
    """Answer the uuid of a user named by uuid or address; ItemNotFound for an unknown address."""
    if "@" not in identifier:
        return identifier
    found = _client().uuids([identifier])
    if identifier not in found:
        raise ItemNotFound(f"There is no user with the address {identifier}.")
    return found[identifier]


def _client() -> AstakosClient:
    settings = conf.of(CycladesSettings)
    return _made(settings.astakos_auth_url, settings.cyclades_service_token)


@cache
def _made(url: str, token: str) -> AstakosClient:
    return AstakosClient(url, token)
