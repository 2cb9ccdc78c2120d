"""A forgotten password: a link by mail, and a new password by the link. Spec: identity 13.8."""

import msgspec

from synnefo.astakos.api.ui import cookies
from synnefo.astakos.api.ui.session import is_solved
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import password_changes
from synnefo.kit import conf
from synnefo.serve.http import Call


class LinkWish(msgspec.Struct):
    """Whose password was forgotten; a puzzle's solution when one was asked for."""

    email: str
    captcha: str = ""


class Key(msgspec.Struct):
    """The key of a mailed link."""

    key: str


class NewByKey(msgspec.Struct):
    """A new password, by the key of a mailed link."""

    key: str
    password: str


class Owner(msgspec.Struct):
    """Whose password a link sets."""

    email: str
    min_length: int


def ask_for_link(call: Call, body: LinkWish) -> None:
    """Have a link mailed; the answer is the same whether there is such an account or not."""
    cookies.check_own_page(call)
    password_changes.ask_for_link(body.email, call.address, puzzle_solved=is_solved(body.captcha))


def show_owner(call: Call, body: Key) -> Owner:
    """Tell whose password a link sets; 410 when the link is not good any more."""
    cookies.check_own_page(call)
    user = password_changes.owner_of(body.key)
    return Owner(user.email, conf.of(SecuritySettings).astakos_password_min_length)


def set_password(call: Call, body: NewByKey) -> None:
    """Set a new password by a link; every session ends, and one signs in anew."""
    cookies.check_own_page(call)
    password_changes.set_by_link(body.key, body.password)
    cookies.set_session(call, "", 0)
