"""Where clients get tokens for their codes, and what they may know of us. Spec: identity 11.2."""

import msgspec
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.api.oauth import forms
from synnefo.astakos.settings import OAuthSettings
from synnefo.astakos.usecases import oauth
from synnefo.kit import conf
from synnefo.serve.http import Call, Reply


class TokenAnswer(msgspec.Struct):
    """An access token."""

    access_token: str
    token_type: str
    expires_in: int


def create_token(call: Call) -> Reply:
    """Give a client an access token for its code, once."""
    forms.check_secure(call)
    form = forms.read(call)
    granted = oauth.exchange(msgspec.convert(form, oauth.Exchange), forms.basic_of(call))
    body = TokenAnswer(granted.token, "Bearer", granted.seconds)
    return Reply(headers={"Cache-Control": "no-store", "Pragma": "no-cache"}, body=body)


def show_metadata(call: Call) -> Reply:
    """Tell programs where the endpoints are and what they understand (RFC 8414)."""
    del call
    settings = conf.of(OAuthSettings)
    root = f"{base_url()}/{settings.oauth2_endpoint_prefix.strip('/')}"
    told = AuthorizationServerMetadata(
        {
            "issuer": base_url(),
            "authorization_endpoint": f"{root}/{settings.oauth2_authorization_endpoint}",
            "token_endpoint": f"{root}/{settings.oauth2_token_endpoint}",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
            "code_challenge_methods_supported": [oauth.S256],
            "authorization_response_iss_parameter_supported": True,
        }
    )
    return Reply(headers={"Cache-Control": "max-age=300"}, body=dict(told))
