"""What an application would change, told before it is sent."""

from collections.abc import Sequence

import msgspec

from synnefo.astakos.domain.applications import Capacity
from synnefo.wire.provisions import INF


class Now(msgspec.Struct, frozen=True):
    """How a resource stands in a project: its limits, its usage and each member's."""

    capacity: Capacity
    usage: int = 0
    members: Sequence[int] = ()


class Forecast(msgspec.Struct, frozen=True):
    """How a resource would stand: limits, what is left, and who would be over."""

    member_now: int
    member_after: int
    project_now: int
    project_after: int
    usage: int
    left_now: int
    left_after: int
    each_can_use: int
    members_over: int
    is_over: bool
    is_shared: bool


def forecast(now: Now, after: Capacity, members: int) -> Forecast:
    """Tell how a resource would stand once limits are what somebody asks for.

    `each_can_use` is what one more member could take at once; `is_shared` tells that the pool
    runs out before every member has all that a member may have.
    """
    left = _left(after.project_capacity, now.usage)
    return Forecast(
        member_now=now.capacity.member_capacity,
        member_after=after.member_capacity,
        project_now=now.capacity.project_capacity,
        project_after=after.project_capacity,
        usage=now.usage,
        left_now=_left(now.capacity.project_capacity, now.usage),
        left_after=left,
        each_can_use=min(after.member_capacity, left),
        members_over=sum(1 for usage in now.members if usage > after.member_capacity),
        is_over=now.usage > after.project_capacity,
        is_shared=0 < after.project_capacity < INF
        and after.member_capacity * max(members, 1) > after.project_capacity,
    )


def _left(limit: int, usage: int) -> int:
    return INF if limit == INF else max(0, limit - usage)
