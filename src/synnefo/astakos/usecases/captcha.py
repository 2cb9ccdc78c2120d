"""Puzzles against robots on forms that anybody may send. Spec: identity 13.3, 18.4.

Our own puzzle makes a browser search a number for about a second; nobody has to see anything,
and no third party is asked. Each solution is good once.
"""

import base64
import hashlib
import hmac
from datetime import timedelta
from enum import StrEnum
from typing import Literal

import msgspec
from altcha import v1 as altcha
from django.db import IntegrityError, transaction

from synnefo.astakos.engines import recaptcha
from synnefo.astakos.models import DATABASE, SolvedPuzzle
from synnefo.astakos.settings import SecuritySettings, SignUpSettings
from synnefo.astakos.usecases import messages
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest
from synnefo.serve import origin

LONGEST = 4096
ALGORITHM: Literal["SHA-256"] = "SHA-256"


class Kind(StrEnum):
    """Which puzzle is asked."""

    ALTCHA = "altcha"
    RECAPTCHA = "recaptcha"
    NONE = "none"


class Puzzle(msgspec.Struct, frozen=True):
    """What a browser has to search: the number below `maxnumber` that gives the challenge."""

    algorithm: str
    challenge: str
    salt: str
    signature: str
    maxnumber: int


class _Solution(msgspec.Struct, frozen=True):
    algorithm: str
    challenge: str
    salt: str
    signature: str
    number: int


def kind() -> Kind:
    """Tell which puzzle this site asks."""
    settings = conf.of(SignUpSettings)
    if settings.astakos_recaptcha_enabled:
        return Kind.RECAPTCHA
    return Kind(settings.astakos_captcha)


def puzzle() -> Puzzle:
    """Make a puzzle, good for some minutes."""
    settings = conf.of(SignUpSettings)
    expires = now() + timedelta(seconds=settings.astakos_altcha_seconds)
    made = altcha.create_challenge(
        altcha.ChallengeOptions(
            algorithm=ALGORITHM,
            max_number=settings.astakos_altcha_cost,
            hmac_key=_key(),
            expires=expires,
        )
    )
    return Puzzle(
        made.algorithm, made.challenge, made.salt, made.signature, settings.astakos_altcha_cost
    )


def check(answer: str) -> None:
    """Refuse who did not solve the puzzle, or sends a solution again. Raises BadRequest."""
    asked = kind()
    if asked is Kind.NONE:
        return
    right = _is_right(answer) if asked is Kind.ALTCHA else _is_person(answer)
    if not right:
        raise BadRequest(messages.say("CAPTCHA_VALIDATION_ERR"), headers={"X-Captcha": "required"})


def forget_old() -> int:
    """Forget used solutions that no longer count anyway; answer how many."""
    deleted, _ = SolvedPuzzle.objects.filter(expires_at__lt=now()).delete()
    return deleted


def _is_right(answer: str) -> bool:
    if not answer or len(answer) > LONGEST:
        return False
    try:
        solution = msgspec.json.decode(base64.b64decode(answer, validate=True), type=_Solution)
    except (ValueError, msgspec.MsgspecError):
        return False
    if solution.algorithm != ALGORITHM:
        return False
    found, _ = altcha.verify_solution(msgspec.to_builtins(solution), _key(), True)
    return found and _is_first(solution)


def _is_first(solution: _Solution) -> bool:
    """Note a solution; False when it was used before."""
    seconds = conf.of(SignUpSettings).astakos_altcha_seconds
    digest = hashlib.sha256(solution.challenge.encode()).hexdigest()
    try:
        with transaction.atomic(using=DATABASE):
            SolvedPuzzle.objects.create(
                digest=digest, expires_at=now() + timedelta(seconds=2 * seconds)
            )
    except IntegrityError:
        return False
    return True


def _is_person(answer: str) -> bool:
    settings = conf.of(SignUpSettings)
    if not answer or len(answer) > LONGEST:
        return False
    return recaptcha.is_person(
        settings.astakos_recaptcha_verify_url,
        settings.astakos_recaptcha_private_key,
        answer,
        origin.current().address,
    )


def _key() -> bytes:
    secret = conf.of(SecuritySettings).secret_encryption_key.encode()
    return hmac.digest(secret, b"captcha", "sha256")
