"""Policies of buckets in the JSON that S3's clients write, as far as they open one to everybody.

A policy that says anything else is refused: taken for less than it says, it would open or close
what nobody meant. Spec: object-storage 18.2.
"""

import msgspec

from synnefo.kit.faults import BadRequest

LARGEST = 20 * 1024
_READS = {"s3:GetObject", "s3:GetObjectVersion", "s3:Get*", "s3:GetObject*"}
_LISTS = {"s3:ListBucket", "s3:List*", "s3:GetBucketLocation"}
_ARN = "arn:aws:s3:::"

Names = str | list[str]


class Statement(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """One sentence of a policy."""

    effect: str
    principal: str | dict[str, Names]
    action: Names
    resource: Names
    sid: str = ""


class Policy(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """What a client sends."""

    statement: list[Statement] | Statement
    version: str = ""
    id: str = ""


class Opening(msgspec.Struct, frozen=True):
    """What a policy opens to everybody."""

    reads: bool = False
    lists: bool = False


def opening_of(body: bytes, bucket: str) -> Opening:
    """Read what a policy opens; BadRequest for one that is broken or says more than that."""
    try:
        policy = msgspec.json.decode(body, type=Policy)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(
            f"The policy cannot be read, or says more than is offered here: {error}.",
            details="MalformedPolicy",
        ) from error
    stated = policy.statement if isinstance(policy.statement, list) else [policy.statement]
    found = [_opening(each, bucket) for each in stated]
    return Opening(any(each.reads for each in found), any(each.lists for each in found))


def _opening(statement: Statement, bucket: str) -> Opening:
    if statement.effect != "Allow" or not _is_everybody(statement.principal):
        raise _refused("A policy here allows something to everybody (Principal '*').")
    resources, opening = _list(statement.resource), Opening()
    for action in _list(statement.action):
        if action in _READS and f"{_ARN}{bucket}/*" in resources:
            opening = Opening(True, opening.lists)
        elif action in _LISTS and f"{_ARN}{bucket}" in resources:
            opening = Opening(opening.reads, opening.lists or action != "s3:GetBucketLocation")
        else:
            raise _refused(f"A policy cannot allow '{action}' on these resources here.")
    if any(name not in {f"{_ARN}{bucket}", f"{_ARN}{bucket}/*"} for name in resources):
        raise _refused("A policy opens this bucket as a whole, and nothing else.")
    return opening


def _refused(message: str) -> BadRequest:
    return BadRequest(message, details="MalformedPolicy")


def _is_everybody(principal: str | dict[str, Names]) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    return set(principal) == {"AWS"} and _list(principal["AWS"]) == ["*"]


def _list(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else names
