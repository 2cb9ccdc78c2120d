"""Solving our own puzzle as a browser does."""

import base64
import hashlib

import msgspec

from synnefo.astakos.usecases import captcha


def a_solution(puzzle: captcha.Puzzle | None = None) -> str:
    """Search the number of a puzzle and write it as pages send it."""
    given = puzzle or captcha.puzzle()
    for number in range(given.maxnumber + 1):
        if hashlib.sha256(f"{given.salt}{number}".encode()).hexdigest() == given.challenge:
            return answer_of(given, number)
    raise AssertionError("the puzzle has no solution")


def answer_of(given: captcha.Puzzle, number: int) -> str:
    """Write an answer to a puzzle, right or wrong."""
    told = {
        "algorithm": given.algorithm,
        "challenge": given.challenge,
        "salt": given.salt,
        "signature": given.signature,
        "number": number,
    }
    return base64.b64encode(msgspec.json.encode(told)).decode()
