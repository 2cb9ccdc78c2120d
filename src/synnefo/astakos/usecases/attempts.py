"""Attempts to sign in, counted before they are checked, in the database that all hosts share.

Three counts slow down those who guess, and none locks anybody out: one for an account from one
address, one for an account from all strange places, one for an address over all accounts. A
puzzle lifts them; a browser or address that signed in before is spared the count over strangers.
"""

import time
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from django.db import transaction

from synnefo.astakos.domain.attempts import Meter, key_of, place_of
from synnefo.astakos.models import DATABASE, LoginFailures, User, rows
from synnefo.astakos.settings import AstakosSettings, SecuritySettings
from synnefo.astakos.usecases import known_devices
from synnefo.kit import conf
from synnefo.kit.clock import monotonic, now
from synnefo.kit.faults import TooManyRequests
from synnefo.serve.statements import fetch

SLOW = "Too many attempts. Wait {left} seconds before you try again."
PUZZLE = {"X-Captcha": "required"}
PUZZLES = 10
BURST, PAUSE = 1.5, 0.05
"""Seconds that attempts wait for one made at the same moment, and between looks."""

_COUNT = """
INSERT INTO astakos_loginfailures (key, count, since) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET
count = CASE WHEN astakos_loginfailures.since < %s THEN 1
        ELSE astakos_loginfailures.count + 1 END,
since = CASE WHEN astakos_loginfailures.since < %s THEN excluded.since
        ELSE astakos_loginfailures.since END
RETURNING count
"""
_FORGET = "DELETE FROM astakos_loginfailures WHERE key = %s"
_TAKE_BACK = "UPDATE astakos_loginfailures SET count = count - 1 WHERE key = %s AND count > 0"


class Knock(msgspec.Struct, frozen=True, kw_only=True):
    """Who tries to come in as whom: what they typed, from where, with which browser."""

    identifier: str
    address: str
    device: str = ""
    puzzle_solved: bool = False


class Attempt(msgspec.Struct, frozen=True):
    """A counted attempt: its own count, those it shares, and whether the next needs a puzzle."""

    own: Meter
    shared: tuple[Meter, ...]
    last: bool = False


def begin(knock: Knock, user: User | None) -> Attempt:
    """Count an attempt; TooManyRequests when it is one too many and no puzzle was solved.

    Costs the same whether there is such a user or not.
    """
    known = known_devices.is_known(user, knock.device, knock.address)
    settings, security = conf.of(AstakosSettings), conf.of(SecuritySettings)
    name, place = knock.identifier.strip().lower(), place_of(knock.address)
    window = timedelta(seconds=settings.astakos_ratelimit_window)
    long = timedelta(seconds=security.astakos_login_long_window)
    origin = knock.device if known.device else place
    own = Meter(key_of("pair", name, origin), settings.astakos_ratelimit_retries_allowed, window)
    of_account = Meter(key_of("account", name), security.astakos_login_account_limit, long)
    of_place = Meter(key_of("address", place), security.astakos_login_address_limit, long)
    shared = (*([] if known.any else [of_account]), *([] if known.device else [of_place]))
    *counts, reached = _count_all([*shared, own])
    if knock.puzzle_solved:
        _check([_wide(own)], [reached])
        return Attempt(own, shared, last=True)
    _check(shared, counts)
    reached = _after_waiting(own, reached)
    _check([own], [reached])
    return Attempt(own, shared, last=reached >= own.limit)


def succeeded(attempt: Attempt) -> None:
    """Take back what a successful attempt counted; the account's own slips are forgotten."""
    own = _both(attempt.own)
    with transaction.atomic(using=DATABASE):
        for key in sorted([*own, *(meter.key for meter in attempt.shared)]):
            fetch(DATABASE, _FORGET if key in own else _TAKE_BACK, (key,))


def failed(attempt: Attempt) -> None:
    """Note that an attempt was wrong, so that those after it do not wait for its success."""
    _count(_failed(attempt.own))


def count_code(user: User, address: str) -> None:
    """Count a second factor's code before it is checked."""
    meter = _codes(user, address)
    _check([meter], [_count(meter)])


def forget_codes(user: User, address: str) -> None:
    """Forget the wrong codes of who gave a right one."""
    LoginFailures.objects.filter(pk=_codes(user, address).key).delete()


def count(kind: str, subject: str, limit: int, window: timedelta) -> bool:
    """Count something else that is limited; tell whether it still fits."""
    meter = Meter(key_of(kind, subject), limit, window)
    return _count(meter) <= limit


def guard(kind: str, name: str, address: str) -> tuple[Meter, ...]:
    """Refuse who guessed too often from one address, at this name or at all.

    Answers what `wrong` counts. What is right costs nothing, so many may be right at once.
    """
    security = conf.of(SecuritySettings)
    long, place = timedelta(seconds=security.astakos_login_long_window), place_of(address)
    meters = (
        Meter(key_of(kind, name, place), security.astakos_second_factor_limit, long),
        Meter(key_of(f"{kind} from", place), security.astakos_login_address_limit, long),
    )
    found = LoginFailures.objects.filter(pk__in=[meter.key for meter in meters])
    reached = {row.key: row.count for row in found if row.since > now() - long}
    _check(meters, [reached.get(meter.key, 0) + 1 for meter in meters])
    return meters


def wrong(meters: Sequence[Meter]) -> None:
    """Count a wrong guess."""
    _count_all(meters)


def _codes(user: User, address: str) -> Meter:
    security = conf.of(SecuritySettings)
    long = timedelta(seconds=security.astakos_login_long_window)
    key = key_of("code", user.uuid, place_of(address))
    return Meter(key, security.astakos_second_factor_limit, long)


def _count_all(meters: Sequence[Meter]) -> list[int]:
    """Count several together, in the one order in which no two wait for each other."""
    with transaction.atomic(using=DATABASE):
        in_order = {meter.key: _count(meter) for meter in sorted(meters, key=lambda m: m.key)}
    return [in_order[meter.key] for meter in meters]


def _wide(meter: Meter) -> Meter:
    """Answer how many puzzles an account and address may solve before they have to wait."""
    return Meter(meter.key, meter.limit * PUZZLES, meter.window)


def _failed(own: Meter) -> Meter:
    return Meter(key_of("failed", own.key), own.limit, own.window)


def _after_waiting(meter: Meter, reached: int) -> int:
    """Let an attempt of many made at the same moment wait for the first to succeed."""
    end = monotonic() + BURST
    while reached > meter.limit and monotonic() < end and _is_fresh(meter):
        time.sleep(PAUSE)
        if not LoginFailures.objects.filter(pk=meter.key).exists():
            reached = _count(meter)
    return reached


def _is_fresh(meter: Meter) -> bool:
    """Tell whether the attempts before were made just now and none of them was wrong yet."""
    begun = now() - timedelta(seconds=BURST)
    found = {row.key: row for row in LoginFailures.objects.filter(pk__in=_both(meter))}
    own = found.pop(meter.key, None)
    wrong = any(row.since > now() - meter.window for row in found.values())
    return not wrong and (own is None or own.since > begun)


def _both(meter: Meter) -> list[str]:
    return [meter.key, _failed(meter).key]


def _count(meter: Meter) -> int:
    moment = now()
    since = rows.stamp(LoginFailures, moment)
    cut = rows.stamp(LoginFailures, moment - meter.window)
    return int(fetch(DATABASE, _COUNT, [meter.key, since, cut, cut])[0][0])


def _check(meters: Sequence[Meter], counts: Sequence[int]) -> None:
    over = [meter for meter, n in zip(meters, counts, strict=True) if n > meter.limit]
    if not over:
        return
    left = max(_seconds_left(meter) for meter in over)
    raise TooManyRequests(SLOW.format(left=left), headers={"Retry-After": str(left), **PUZZLE})


def _seconds_left(meter: Meter) -> int:
    row = LoginFailures.objects.filter(pk=meter.key).first()
    since = row.since if row is not None else now()
    return max(1, int((since + meter.window - now()).total_seconds()) + 1)
