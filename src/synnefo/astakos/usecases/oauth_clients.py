"""Clients of OAuth 2.0: registered, shown, removed, recognised. Spec: identity 2.8, 16.7."""

import hmac
from collections.abc import Sequence

import msgspec
from django.db import IntegrityError, transaction

from synnefo.astakos.domain import redirects
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, Client, RedirectUrl
from synnefo.astakos.models.oauth import CONFIDENTIAL, PUBLIC
from synnefo.astakos.settings import OAuthSettings
from synnefo.astakos.usecases import audit
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound


class NewClient(msgspec.Struct, frozen=True, kw_only=True):
    """A client to register."""

    identifier: str
    secret: str = ""
    name: str = ""
    type: str = CONFIDENTIAL
    is_trusted: bool = False
    urls: Sequence[str] = ()


def add(wanted: NewClient) -> Client:
    """Register a client; raises BadRequest, Conflict."""
    _check(wanted)
    try:
        with transaction.atomic(using=DATABASE):
            client = Client.objects.create(
                name=wanted.name or wanted.identifier,
                identifier=wanted.identifier,
                secret_hash=digest_of(wanted.secret) if wanted.secret else "",
                url=wanted.urls[0][:255],
                type=wanted.type,
                is_trusted=wanted.is_trusted,
            )
            for url in dict.fromkeys(wanted.urls):
                RedirectUrl.objects.create(client=client, url=url)
            audit.record("oauth-client.added", client=client.identifier, trusted=wanted.is_trusted)
    except IntegrityError as error:
        raise Conflict(f"A client with the identifier {wanted.identifier} exists.") from error
    return client


def remove(identifier: str) -> Client:
    """Remove a client by number or identifier, with its addresses, codes and tokens."""
    client = find(identifier)
    with transaction.atomic(using=DATABASE):
        audit.record("oauth-client.removed", client=client.identifier)
        client.delete()
    return client


def find(identifier: str) -> Client:
    """Answer a client by its identifier, else by its number."""
    found = Client.objects.filter(identifier=identifier).first()
    if found is None and identifier.isdecimal() and len(identifier) < 19:
        found = Client.objects.filter(pk=int(identifier)).first()
    if found is None:
        raise ItemNotFound(f"There is no client '{identifier}'.")
    return found


def urls_of(client: Client) -> list[str]:
    """List the registered addresses of a client, the first registered first."""
    return list(client.redirect_urls.order_by("pk").values_list("url", flat=True))


def is_secret(client: Client, secret: str) -> bool:
    """Tell whether this is a client's secret, in a time that tells nothing."""
    same = hmac.compare_digest(client.secret_hash, digest_of(secret))
    return same and bool(client.secret_hash)


def _check(wanted: NewClient) -> None:
    longest = conf.of(OAuthSettings).oauth2_maximum_allowed_redirect_uri_length
    if not wanted.identifier or ":" in wanted.identifier or not wanted.identifier.isprintable():
        raise BadRequest("An identifier is a text without a colon.")
    if wanted.type not in {CONFIDENTIAL, PUBLIC}:
        raise BadRequest(f"A client is {CONFIDENTIAL} or {PUBLIC}.")
    if wanted.type == CONFIDENTIAL and not wanted.secret:
        raise BadRequest("A confidential client needs a secret. Give --secret.")
    if wanted.type == PUBLIC and wanted.secret:
        raise BadRequest("A public client can keep no secret. Leave --secret out.")
    if not wanted.urls:
        raise BadRequest("A client needs at least one address. Give --url.")
    for url in wanted.urls:
        if len(url) > longest or not redirects.is_absolute(url):
            raise BadRequest(f"'{url[:100]}' is no redirect URI, or has over {longest} letters.")
