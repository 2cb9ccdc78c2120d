"""Tokens for programs that send a person to the browser to sign in. Spec: identity 12.1."""

from datetime import timedelta

from django.db import transaction

from synnefo.astakos.models import DATABASE, Token
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import audit, projects, tokens
from synnefo.astakos.usecases.tokens import Issued, Wish
from synnefo.kit import conf

METHOD = "weblogin"


def token_for(session: Token, *, renew: bool) -> Issued:
    """Make a token that outlives the browser's session; renewing ends all others but that.

    It lasts as long as a personal API token, of which only the digest is kept here.
    """
    user = session.user
    if renew:
        return tokens.renew(user, keep=session, end_others=True)
    hours = conf.of(AstakosSettings).astakos_auth_token_duration
    methods = (METHOD, *session.methods.split(","))
    wish = Wish(projects.default_of(user), methods, lasts=timedelta(hours=hours))
    with transaction.atomic(using=DATABASE):
        issued = tokens.issue(user, wish)
        audit.record("token.issued", actor=user, subject=user, methods=list(methods))
    return issued
