"""For which domain and page passkeys are made and used."""

from urllib.parse import urlsplit

from synnefo.astakos.engines.webauthn import Place
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases.factor_changes import service_name
from synnefo.kit import conf
from synnefo.serve.http import Call


def place_of(call: Call) -> Place:
    """Answer the domain and origin of the page that a call comes from.

    A device signs the origin it really saw; a forged Host header only makes the check fail.
    """
    origin = call.public_base
    host = urlsplit(origin).hostname or ""
    return Place(conf.of(SecuritySettings).astakos_passkey_domain or host, origin, service_name())
