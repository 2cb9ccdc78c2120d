"""Authenticator apps (RFC 6238): set up, confirmed by a first code, each code good once."""

import hmac
from io import BytesIO

import pyotp
import segno
from django.db import transaction

from synnefo.astakos.domain import secrets
from synnefo.astakos.models import DATABASE, TotpDevice, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict
from synnefo.kit.logs import get_logger

log = get_logger(__name__)

DIGITS, STEP, SLACK = 6, 30, 1
"""Digits of a code, seconds it lasts, and steps that clocks may differ."""
WRONG_CODE = "The code is wrong. Codes change every 30 seconds; check the clock of your device."


def begin(user: User) -> str:
    """Make the secret of a new app, not in force until confirmed; Conflict if one is."""
    secret = pyotp.random_base32()
    with transaction.atomic(using=DATABASE):
        if TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).exists():
            raise Conflict("An authenticator app is set up already. Remove it first.")
        TotpDevice.objects.filter(user=user).delete()
        TotpDevice.objects.create(user=user, secret=secrets.encrypt(secret, _key(), user.uuid))
    return secret


def confirm(user: User, code: str) -> None:
    """Put a new app in force by its first code; BadRequest when that is wrong."""
    device = TotpDevice.objects.filter(user=user, confirmed_at=None).first()
    if device is None:
        raise Conflict("No authenticator app waits to be confirmed. Begin anew.")
    if not _use(device, code):
        raise BadRequest(WRONG_CODE)
    TotpDevice.objects.filter(pk=device.pk).update(confirmed_at=now())


def use(user: User, code: str) -> bool:
    """Tell whether a code is right and unused, and use it up, with all earlier ones."""
    device = TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).first()
    return device is not None and _use(device, code)


def remove(user: User) -> bool:
    """Forget a user's app; answer whether there was one."""
    deleted, _ = TotpDevice.objects.filter(user=user).delete()
    return bool(deleted)


def link(secret: str, user: User, service: str) -> str:
    """Answer the address that apps read from a picture."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=service))


def picture(address: str) -> str:
    """Draw an address as a QR code, in SVG to stand in a page."""
    drawing = BytesIO()
    segno.make(address, error="m").save(
        drawing, kind="svg", xmldecl=False, svgns=True, border=2, omitsize=True, dark="#000"
    )
    return drawing.getvalue().decode()


def _use(device: TotpDevice, code: str) -> bool:
    """Find the time step that a code is of; a step counts once, whoever comes at once."""
    given = "".join(code.split())
    if len(given) != DIGITS or not given.isascii():
        return False
    try:
        maker = pyotp.TOTP(secrets.decrypt(device.secret, _key(), device.user.uuid))
    except secrets.UnreadableSecret:
        log.error("totp-secret-unreadable", user=device.user.uuid)
        return False
    current = int(now().timestamp()) // STEP
    matching = 0
    for step in range(current - SLACK, current + SLACK + 1):
        if hmac.compare_digest(maker.generate_otp(step), given):
            matching = step
    fresh = TotpDevice.objects.filter(pk=device.pk, last_step__lt=matching)
    return bool(matching and fresh.update(last_step=matching, used_at=now()))


def _key() -> str:
    return conf.of(SecuritySettings).secret_encryption_key
