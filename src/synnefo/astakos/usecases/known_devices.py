"""Browsers and addresses that somebody signed in from before."""

from datetime import datetime, timedelta

import msgspec

from synnefo.astakos.domain.attempts import key_of, place_of
from synnefo.astakos.models import DATABASE, KnownDevice, User, rows
from synnefo.astakos.settings import SecuritySettings
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.serve.statements import fetch

_USED = "SELECT digest FROM astakos_knowndevice WHERE digest IN (%s, %s) AND used_at > %s"
FRESH = timedelta(days=1)


class Known(msgspec.Struct, frozen=True):
    """Whether an account was entered with this browser, or from this address, before."""

    device: bool = False
    address: bool = False

    @property
    def any(self) -> bool:
        """Tell whether either is known."""
        return self.device or self.address


def is_known(user: User | None, device: str, address: str) -> Known:
    """Tell what is known of who knocks; asks as much for nobody as for somebody."""
    uuid = user.uuid if user is not None else "nobody"
    browser, place = _of_device(uuid, device), _of_address(uuid, address)
    since = now() - timedelta(days=conf.of(SecuritySettings).astakos_device_days)
    found = _used({browser, place}, since)
    return Known(bool(device) and browser in found, place in found)


def remember(user: User, device: str, address: str) -> None:
    """Note that a user came in with a browser and from an address; either may be empty."""
    moment = now()
    wanted = {
        digest
        for digest, there in (
            (_of_device(user.uuid, device), device),
            (_of_address(user.uuid, address), address),
        )
        if there
    }
    for digest in wanted - _used(wanted, moment - FRESH):
        KnownDevice.objects.update_or_create(
            digest=digest, defaults={"user": user, "used_at": moment}
        )


def _used(digests: set[str], since: datetime) -> set[str]:
    """Keep the digests of devices that were used since a moment: one or two are asked for."""
    first, *others = digests or {""}
    values = (first, others[0] if others else first, rows.stamp(KnownDevice, since))
    return {row[0] for row in fetch(DATABASE, _USED, values)}


def forget(user: User) -> None:
    """Know none of a user's devices any more, as after a stolen password."""
    KnownDevice.objects.filter(user=user).delete()


def forget_old() -> int:
    """Delete what was not used for long; answer how many."""
    since = now() - timedelta(days=conf.of(SecuritySettings).astakos_device_days)
    deleted, _ = KnownDevice.objects.filter(used_at__lt=since).delete()
    return deleted


def _of_device(uuid: str, device: str) -> str:
    return key_of("device", uuid, device)


def _of_address(uuid: str, address: str) -> str:
    return key_of("known-address", uuid, place_of(address))
