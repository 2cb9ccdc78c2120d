"""Which versions of Identity there are. Spec: identity 6.1, openstack-api 2.2."""

import msgspec

from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import callers
from synnefo.kit import conf
from synnefo.serve.http import IDENTITY, Api, Call, Route


class Link(msgspec.Struct, omit_defaults=True):
    """An address and what it is to the document."""

    rel: str
    href: str
    type: str = ""


class MediaType(msgspec.Struct):
    """A form in which a version speaks."""

    base: str
    type: str


class Version(msgspec.Struct, rename={"media_types": "media-types"}):
    """One version of Identity."""

    id: str
    status: str
    updated: str
    links: list[Link]
    media_types: list[MediaType]


class VersionBody(msgspec.Struct):
    """One version alone."""

    version: Version


class Versions(msgspec.Struct):
    """Several versions; Identity alone wraps them twice."""

    values: list[Version]


class VersionsBody(msgspec.Struct):
    """The answer of the discovery call."""

    versions: Versions


def base_url() -> str:
    """Answer the public address of this service, without a slash at its end."""
    return conf.of(AstakosSettings).astakos_base_url.rstrip("/")


def identity_url() -> str:
    """Answer the address that clients are told to sign in at."""
    return f"{base_url()}/identity"


def _version(name: str, number: str, status: str, updated: str) -> Version:
    kind = f"application/vnd.openstack.identity-{name}+json"
    return Version(
        id=number,
        status=status,
        updated=updated,
        links=[Link("self", f"{identity_url()}/{name}/")],
        media_types=[MediaType("application/json", kind)],
    )


def v3() -> Version:
    """Describe Identity v3."""
    return _version("v3", "v3.14", "stable", "2020-04-07T00:00:00Z")


def v2() -> Version:
    """Describe Identity v2.0, which stays for the platform's own older clients."""
    return _version("v2.0", "v2.0", "deprecated", "2014-04-17T00:00:00Z")


def list_versions(call: Call) -> VersionsBody:
    """List the versions of Identity that are served here."""
    del call
    return VersionsBody(Versions([v3(), v2()]))


def show_v3(call: Call) -> VersionBody:
    """Describe Identity v3."""
    del call
    return VersionBody(v3())


def show_v2(call: Call) -> VersionBody:
    """Describe Identity v2.0."""
    del call
    return VersionBody(v2())


API = Api(
    "identity",
    "identity",
    [
        Route("GET", "/", list_versions, status=300, auth=False),
        Route("GET", "/.json", list_versions, status=300, auth=False),
    ],
    fault_style=IDENTITY,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)
