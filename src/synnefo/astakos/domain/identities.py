"""Who somebody is at a provider: from the provider's attributes to what an account keeps.

Spec: identity 14.3, 14.4.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from synnefo.astakos.domain.provider_configs import GroupRule, Kind
from synnefo.kit.faults import BadRequest, Forbidden

Attributes: TypeAlias = Mapping[str, Sequence[str]]
Source: TypeAlias = str | Callable[[Mapping[str, Sequence[str]]], object]
AttrMap: TypeAlias = Mapping[str, tuple[Source, bool]]

FIELDS = ("identifier", "email", "first_name", "last_name")
LONGEST = {"identifier": 255, "email": 254, "first_name": 150, "last_name": 150}
MAX_KEPT = 1024
"""Characters of one attribute value that are kept at most."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider said of somebody it vouches for.

    `groups` are those of the directory; None when it was not asked for them. `former` is an
    identifier under which the same person may be kept still.
    """

    attributes: dict[str, list[str]]
    email_is_verified: bool = False
    groups: list[str] | None = None
    former: str = ""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at a provider, in an account's words; `forced` fields are not theirs to set."""

    module: str
    identifier: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    affiliation: str = ""
    username: str = ""
    email_is_verified: bool = False
    forced: tuple[str, ...] = ()
    info: dict[str, list[str]] = {}
    attributes: dict[str, list[str]] = {}
    groups: list[str] | None = None
    former: str = ""


class Reading(msgspec.Struct, frozen=True):
    """How a module's attributes are read: into which fields, and which are kept beside them."""

    module: str
    attr_map: AttrMap
    kept: tuple[str, ...]


class Given(msgspec.Struct, frozen=True):
    """The groups and projects that attribute values give."""

    groups: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()


_MAPS: dict[Kind, tuple[str, str, str, str]] = {
    "ldap": ("objectGUID", "mail", "givenName", "sn"),
    "saml": ("name_id", "mail", "givenName", "sn"),
    "oidc": ("sub", "email", "given_name", "family_name"),
    "shibboleth": ("remote_user", "mail", "given_name", "surname"),
    "oauth1": ("user_id", "email", "first_name", "last_name"),
    "oauth2": ("user_id", "email", "first_name", "last_name"),
    "local": ("uuid", "email", "first_name", "last_name"),
}
_KEPT: dict[Kind, tuple[str, ...]] = {
    "oidc": ("name", "preferred_username", "email"),
    "saml": ("displayName", "eduPersonPrincipalName", "mail"),
    "oauth1": ("screen_name",),
    "oauth2": ("screen_name",),
}
_NAMES = ("username", "screen_name", "preferred_username", "eduPersonPrincipalName", "eppn")
_AFFILIATIONS = ("affiliation", "eduPersonScopedAffiliation", "eduPersonAffiliation")


def default_map(kind: Kind) -> AttrMap:
    """Answer where a kind of provider keeps what accounts need; all but the id may be changed."""
    return {
        field: (source, field != "identifier")
        for field, source in zip(FIELDS, _MAPS[kind], strict=True)
    }


def default_kept(kind: Kind) -> tuple[str, ...]:
    """Answer which attributes of a kind of provider are kept with its records."""
    return _KEPT.get(kind, ())


def identity_of(reading: Reading, person: Person) -> Identity:
    """Read an account's fields from a provider's attributes.

    Forbidden when one that must be there is missing; BadRequest for values out of bounds.
    """
    fields = {name: _field(name, person.attributes, reading.attr_map) for name in FIELDS}
    if not fields["identifier"]:
        raise Forbidden("The provider did not tell who you are. Ask those who run it.")
    return Identity(
        module=reading.module,
        **fields,
        username=_first(person.attributes, _NAMES),
        affiliation=_first(person.attributes, _AFFILIATIONS)[:255],
        email_is_verified=person.email_is_verified,
        forced=tuple(name for name in FIELDS[1:] if not reading.attr_map[name][1]),
        info=_kept(person.attributes, reading.kept),
        attributes=person.attributes,
        groups=person.groups,
        former=person.former,
    )


def given_by(rules: Sequence[GroupRule], module: str, attributes: Attributes) -> Given:
    """Tell which groups and projects attribute values give. Whole values must fit a pattern."""
    groups: set[str] = set()
    projects: set[str] = set()
    for rule in rules:
        if rule.module and rule.module != module:
            continue
        for value in attributes.get(rule.attribute, ()):
            match = re.fullmatch(rule.pattern, value[:MAX_KEPT])
            if match is None:
                continue
            if rule.group:
                groups.add(match.expand(rule.group))
            if rule.project:
                projects.add(match.expand(rule.project))
    return Given(frozenset(groups - {""}), frozenset(projects - {""}))


def split_name(whole: str) -> tuple[str, str]:
    """Split a full name at its first space. Spec: identity 14.4."""
    first, _, last = whole.strip().partition(" ")
    return first, last.strip()


def _field(name: str, attributes: Attributes, attr_map: AttrMap) -> str:
    source, mutable = attr_map[name]
    if isinstance(source, str):
        values = attributes.get(source, ())
        text = values[0] if values else ""
    else:
        text = str(source(attributes) or "")
    text = text.strip()
    if not text and not mutable:
        raise Forbidden(f"The provider did not tell your {name.replace('_', ' ')}.")
    if "\x00" in text or len(text) > LONGEST[name]:
        raise BadRequest(f"The provider told a {name.replace('_', ' ')} that cannot be kept.")
    return text


def _first(attributes: Attributes, names: Sequence[str]) -> str:
    return next((attributes[name][0] for name in names if attributes.get(name)), "")


def _kept(attributes: Attributes, names: Sequence[str]) -> dict[str, list[str]]:
    chosen = {name: attributes[name] for name in names if name in attributes}
    return {name: [value[:MAX_KEPT] for value in values] for name, values in chosen.items()}
