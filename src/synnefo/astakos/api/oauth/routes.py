"""The tables of OAuth 2.0 and weblogin. Spec: identity 11, 12.1."""

from synnefo.astakos.api.discovery import identity_url
from synnefo.astakos.api.faults import ASTAKOS
from synnefo.astakos.api.oauth import authorization, forms, tokens, weblogin
from synnefo.astakos.settings import OAuthSettings
from synnefo.astakos.usecases import callers
from synnefo.kit import conf
from synnefo.serve.http import Api, Route


def _oauth() -> Api:
    settings = conf.of(OAuthSettings)
    ask = f"/{settings.oauth2_authorization_endpoint.strip('/')}"
    give = f"/{settings.oauth2_token_endpoint.strip('/')}"
    return Api(
        "oauth2",
        settings.oauth2_endpoint_prefix,
        [
            Route("GET", ask, authorization.ask, auth=False),
            Route("POST", ask, authorization.answer, auth=False),
            Route("POST", give, tokens.create_token, auth=False),
        ],
        fault_style=forms.GENERIC,
        authenticate=callers.authenticate,
        identity_url=identity_url,
    )


WEBLOGIN = Api(
    "weblogin",
    "weblogin",
    [
        Route("GET", "/login", weblogin.log_in, status=302, auth=False),
    ],
    fault_style=ASTAKOS,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)
METADATA = Api(
    "oauth2-metadata",
    ".well-known",
    [Route("GET", "/oauth-authorization-server", tokens.show_metadata, auth=False)],
    fault_style=forms.GENERIC,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)
APIS = [_oauth(), WEBLOGIN, METADATA]
