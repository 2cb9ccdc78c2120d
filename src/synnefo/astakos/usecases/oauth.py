"""OAuth 2.0, the authorization code grant: consent, codes, tokens. Spec: identity 11.

Of codes and tokens only digests are kept. A code that comes a second time was stolen from one
side or the other, so what it led to ends.
"""

import hmac
import re
from datetime import timedelta

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.db import transaction

from synnefo.astakos.domain import redirects, secrets
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, AuthorizationCode, Client, OAuthToken, Token
from synnefo.astakos.models.oauth import CONFIDENTIAL, PUBLIC
from synnefo.astakos.settings import OAuthSettings, SecuritySettings
from synnefo.astakos.usecases import attempts, audit, oauth_clients
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.kit.ids import new_token

S256 = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
WRONG_CODE = "The code is wrong, was used already, or has expired."


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks a person for, as it came."""

    response_type: str = ""
    client_id: str = ""
    redirect_uri: str = ""
    scope: str = ""
    state: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


class Basic(msgspec.Struct, frozen=True):
    """What a client says of itself in the Authorization header."""

    identifier: str
    secret: str
    address: str = ""


class Request(msgspec.Struct, frozen=True):
    """A wish that was found good."""

    client: Client
    redirect_uri: str
    scope: str
    state: str
    challenge: str


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What a client sends to get a token for a code."""

    grant_type: str = ""
    code: str = ""
    redirect_uri: str = ""
    client_id: str = ""
    code_verifier: str = ""


class Granted(msgspec.Struct, frozen=True):
    """A fresh access token and the seconds that it is good for."""

    token: str
    seconds: int


def check(wish: Wish, basic: Basic | None) -> Request:
    """Answer what a client asks for; BadRequest for anything that is not as it must be."""
    if wish.response_type != "code":
        raise BadRequest("The response_type must be 'code'.")
    client = _client(wish.client_id)
    if basic is not None:
        _check_basic(client, basic)
    uri = _redirect_uri(client, wish.redirect_uri)
    _check_challenge(client, wish)
    scope = wish.scope.split(" ", 1)[0] or uri
    return Request(client, uri, scope, wish.state, wish.code_challenge)


def consent_seal(request: Request, session: Token) -> str:
    """Make what a page must send back to consent: it fits this session and request alone."""
    about = "\0".join(
        [request.client.identifier, request.redirect_uri, request.scope, request.challenge]
    )
    key = conf.of(SecuritySettings).secret_encryption_key
    return secrets.keyed_digest(about, key, f"consent:{session.digest}")


def check_consent(request: Request, session: Token, seal: str) -> None:
    """Refuse a consent that was not given on our own page, in this session, to this request."""
    if not hmac.compare_digest(consent_seal(request, session).encode(), seal.encode()):
        raise Forbidden("This consent does not come from our page. Begin anew.")


def issue_code(request: Request, session: Token, issuer: str) -> str:
    """Make a code and answer the address that takes it to the client."""
    settings = conf.of(OAuthSettings)
    code = new_token(settings.oauth2_authorization_code_length)
    code = code[: settings.oauth2_authorization_code_length]
    with transaction.atomic(using=DATABASE):
        AuthorizationCode.objects.create(
            digest=digest_of(code),
            user=session.user,
            client=request.client,
            session=session,
            redirect_uri=request.redirect_uri,
            scope=request.scope,
            state=request.state,
            code_challenge=request.challenge,
            expires_at=now() + timedelta(seconds=settings.oauth2_authorization_code_expires),
        )
        audit.record(
            "oauth.allowed",
            actor=session.user,
            subject=session.user,
            client=request.client.identifier,
        )
    return _answer(request, issuer, {"code": code})


def deny(request: Request, issuer: str) -> str:
    """Answer the address that tells a client that it may not."""
    return _answer(request, issuer, {"error": "access_denied"})


def exchange(form: Exchange, basic: Basic | None) -> Granted:
    """Give a client an access token for its code, once. BadRequest otherwise."""
    if form.grant_type != "authorization_code":
        raise BadRequest("The grant_type must be 'authorization_code'.")
    client = _authenticated(form, basic)
    code = _code_of(client, form)
    with transaction.atomic(using=DATABASE):
        taken = AuthorizationCode.objects.filter(pk=code.pk, used_at=None).update(used_at=now())
        if taken:
            return _grant(code)
    _end_all(code)
    raise BadRequest(WRONG_CODE)


def validate(token: str, belongs_to: str | None) -> OAuthToken:
    """Answer a token that is good now, for what is asked. Spec: identity 6.3."""
    known = OAuthToken.objects.filter(digest=digest_of(token))
    row = known.select_related("user__default_project", "client").first()
    if row is None:
        raise ItemNotFound("There is no such token.")
    if row.expires_at <= now():
        row.delete()
        raise ItemNotFound("There is no such token.")
    if belongs_to is not None and not redirects.covers(row.scope, belongs_to):
        raise ItemNotFound("The token is for something else.")
    if not (row.user.is_active and row.user.has_signed_terms):
        raise ItemNotFound("There is no such token.")
    return row


def forget_expired() -> None:
    """Delete tokens that ran out, and codes whose second use need not be noticed any more."""
    moment = now()
    OAuthToken.objects.filter(expires_at__lte=moment).delete()
    AuthorizationCode.objects.filter(expires_at__lte=moment - timedelta(hours=1)).delete()


def _client(identifier: str) -> Client:
    found = Client.objects.filter(identifier=identifier).first() if identifier else None
    if found is None:
        raise BadRequest("There is no such client.")
    return found


def _check_basic(client: Client, basic: Basic) -> None:
    """Refuse a wrong secret, and after some of them every secret from there for a while."""
    guesses = attempts.guard("oauth client", client.identifier, basic.address)
    same = hmac.compare_digest(basic.identifier.encode(), client.identifier.encode())
    if not same or not oauth_clients.is_secret(client, basic.secret):
        attempts.wrong(guesses)
        raise BadRequest("The client's identifier or secret is wrong.")


def _redirect_uri(client: Client, wanted: str) -> str:
    """Answer where the code goes: one of our own clients may ask for an address below its own."""
    known = oauth_clients.urls_of(client)
    if not wanted:
        return known[0]
    longest = conf.of(OAuthSettings).oauth2_maximum_allowed_redirect_uri_length
    fits = redirects.is_within if client.is_trusted else redirects.is_same
    if len(wanted) > longest or not redirects.is_absolute(wanted):
        raise BadRequest("The redirect_uri is not an absolute address, or is too long.")
    if not any(fits(wanted, url) for url in known):
        raise BadRequest("The redirect_uri is none that the client registered.")
    return wanted


def _check_challenge(client: Client, wish: Wish) -> None:
    """Take PKCE in its strong form alone; a public client, which has no secret, must use it."""
    if not wish.code_challenge:
        if client.type == PUBLIC or wish.code_challenge_method:
            raise BadRequest("This client must send a code_challenge (PKCE, S256).")
        return
    if wish.code_challenge_method != S256 or not _CHALLENGE.fullmatch(wish.code_challenge):
        raise BadRequest("The code_challenge_method must be S256.")


def _authenticated(form: Exchange, basic: Basic | None) -> Client:
    identifier = form.client_id or (basic.identifier if basic is not None else "")
    client = _client(identifier)
    if basic is not None:
        _check_basic(client, basic)
    elif client.type == CONFIDENTIAL:
        raise BadRequest("This client must authenticate with its identifier and secret.")
    return client


def _code_of(client: Client, form: Exchange) -> AuthorizationCode:
    """Find the code and check all that binds it: client, time, address, PKCE."""
    known = AuthorizationCode.objects.filter(digest=digest_of(form.code), client=client)
    code = known.select_related("user").first()
    if code is None or code.expires_at <= now() or not code.user.is_active:
        raise BadRequest(WRONG_CODE)
    uri = form.redirect_uri or oauth_clients.urls_of(client)[0]
    if not redirects.is_absolute(uri) or _plain(uri) != _plain(code.redirect_uri):
        raise BadRequest("The redirect_uri is not the one that the code was asked for with.")
    _check_verifier(code, form.code_verifier)
    return code


def _plain(uri: str) -> str:
    return redirects.normalised(uri)


def _check_verifier(code: AuthorizationCode, verifier: str) -> None:
    """Check PKCE; a verifier without a challenge means that somebody took the challenge away."""
    if not code.code_challenge:
        if verifier:
            raise BadRequest("The code was asked for without a code_challenge.")
        return
    if not _CHALLENGE.fullmatch(verifier):
        raise BadRequest("The code_verifier is missing or malformed.")
    made = create_s256_code_challenge(verifier)
    if not hmac.compare_digest(made.encode(), code.code_challenge.encode()):
        raise BadRequest("The code_verifier is wrong.")


def _grant(code: AuthorizationCode) -> Granted:
    settings = conf.of(OAuthSettings)
    seconds = settings.oauth2_token_expires
    token = new_token(settings.oauth2_token_length)[: settings.oauth2_token_length]
    OAuthToken.objects.create(
        digest=digest_of(token),
        user=code.user,
        client=code.client,
        code=code,
        redirect_uri=code.redirect_uri,
        scope=code.scope,
        state=code.state,
        access_token=code.access_token,
        expires_at=now() + timedelta(seconds=seconds),
    )
    return Granted(token, seconds)


def _end_all(code: AuthorizationCode) -> None:
    with transaction.atomic(using=DATABASE):
        ended, _ = OAuthToken.objects.filter(code=code).delete()
        audit.record(
            "oauth.code-reused", subject=code.user, client=code.client.identifier, ended=ended
        )


def _answer(request: Request, issuer: str, more: dict[str, str]) -> str:
    """Make the address back to the client.

    `iss` tells others' clients, who may know several servers, whose answer it is (RFC 9207).
    """
    told = {**more, **({"state": request.state} if request.state else {})}
    if not request.client.is_trusted:
        told["iss"] = issuer
    return redirects.with_query(request.redirect_uri, told)
