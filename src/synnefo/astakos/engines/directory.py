"""The port to who a person is: three ways to hear it from a provider.

Every adapter is a module with `open_directory(config: DirectoryConfig)`, named in the setting
ASTAKOS_DIRECTORIES and imported only when a provider of its kind is enabled. Faults: Unauthorized
for somebody the provider does not vouch for, Forbidden for an answer that breaks a rule,
ServiceUnavailable when the provider cannot be asked; nothing above knows which library spoke.
"""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

import msgspec

from synnefo.astakos.domain.identities import Person


class Departure(msgspec.Struct, frozen=True):
    """Where a browser is sent; `state` marks it, and `memory` is needed when it is back."""

    url: str
    state: str
    memory: dict[str, str]


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is back from a provider, with all that it brought."""

    query: Mapping[str, str] = {}
    form: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    peer: str = ""


class PasswordDirectory(Protocol):
    """A provider that checks passwords."""

    def check(self, name: str, password: str) -> Person:
        """Answer who has this name and password; Unauthorized whatever of them is wrong."""


class RemoteDirectory(Protocol):
    """A provider that browsers are sent to."""

    def depart(self, state: str) -> Departure:
        """Make the address to send a browser to; may ask the provider first."""

    def state_of(self, arrival: Arrival) -> str:
        """Answer the state that an arrival claims; empty when it has none."""

    def arrive(self, arrival: Arrival, memory: Mapping[str, str]) -> Person:
        """Answer who came back; every check of the protocol is made here."""

    def describe(self) -> bytes:
        """Answer what the provider must know of us (metadata); empty when nothing."""


class HeaderDirectory(Protocol):
    """A provider whose web server module writes headers."""

    def read(self, arrival: Arrival) -> Person:
        """Answer whom the headers name; Forbidden unless a trusted web server wrote them."""


Directory: TypeAlias = PasswordDirectory | RemoteDirectory | HeaderDirectory


class DirectoryConfig(msgspec.Struct, frozen=True):
    """What an adapter is opened with: its provider's settings, and where browsers come back."""

    module: str
    settings: object
    back: str
    """Address where browsers come back to: `<base>/ui/login/<module>/authenticated`."""
    name: str
    """Our name at the provider: the address of our metadata."""
