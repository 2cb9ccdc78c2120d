"""The cookies of a browser session: out of reach of scripts, of other sites, of other addresses.

Three of them: the session itself, the step that a sign-in waits for, and the browser's own name,
by which limits tell a known browser from a stranger.
"""

from urllib.parse import unquote, urlsplit

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.settings import AstakosSettings, SecuritySettings
from synnefo.kit import conf
from synnefo.kit.faults import Forbidden
from synnefo.serve.http import Call, Cookie

STEP, DEVICE, SIGN_UP = "step", "device", "sign_up"
DAY = 86400


def check_own_page(call: Call) -> None:
    """Refuse what the page of another site could have sent: it cannot send this header."""
    if not call.headers.get("X-Requested-With"):
        raise Forbidden("Send the header X-Requested-With; browsers of other sites cannot.")
    origin = call.headers.get("Origin")
    if origin is not None and origin not in {call.public_base, origin_of(base_url())}:
        raise Forbidden("This call came from the page of another site.")


def session_of(call: Call) -> str:
    """Read the session's cookie; empty when there is none."""
    return _read(call, _name())


def step_of(call: Call) -> str:
    """Read the cookie of a sign-in that waits for a step; empty when there is none."""
    return _read(call, f"{_name()}_{STEP}")


def device_of(call: Call) -> str:
    """Read the name of this browser; empty for one that never signed in here."""
    return _read(call, f"{_name()}_{DEVICE}")[:100]


def set_session(call: Call, token: str, age: int) -> None:
    """Set the session's cookie, or take it back with the age 0."""
    _set(call, _name(), token, age)


def set_step(call: Call, secret: str, age: int) -> None:
    """Set the cookie of a sign-in that waits, or take it back with the age 0."""
    if age or step_of(call):
        _set(call, f"{_name()}_{STEP}", secret, age)


def sign_up_of(call: Call) -> str:
    """Read the secret of a sign-up that this browser made; empty when it made none."""
    return _read(call, f"{_name()}_{SIGN_UP}")[:100]


def set_sign_up(call: Call, secret: str, age: int) -> None:
    """Remember that this browser signed somebody up, or forget it with the age 0."""
    if age or sign_up_of(call):
        _set(call, f"{_name()}_{SIGN_UP}", secret, age)


def set_device(call: Call, device: str) -> None:
    """Name this browser for as long as it shall be known."""
    days = conf.of(SecuritySettings).astakos_device_days
    _set(call, f"{_name()}_{DEVICE}", device, days * DAY)


def origin_of(url: str) -> str:
    """Answer scheme and host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _set(call: Call, name: str, value: str, age: int) -> None:
    path = urlsplit(base_url()).path.rstrip("/") or "/"
    secure = conf.of(AstakosSettings).astakos_cookie_secure or call.request.is_secure()
    call.reply_cookies.append(
        Cookie(name=name, value=value, path=path, max_age=age, secure=secure)
    )
    call.reply_headers["Cache-Control"] = "no-store"


def _read(call: Call, name: str) -> str:
    return unquote(str(call.request.COOKIES.get(name, "")))


def _name() -> str:
    return conf.of(SecuritySettings).astakos_session_cookie_name
