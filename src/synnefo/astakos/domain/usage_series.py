"""Usage over time as a picture needs it: not too many points, no peak lost."""

from collections.abc import Sequence

import msgspec


class Point(msgspec.Struct, frozen=True, array_like=True):
    """How a holding stood from a moment (seconds since 1970) on."""

    at: int
    usage: int
    peak: int
    limit: int


def reduce(points: Sequence[Point], since: int, until: int, most: int) -> list[Point]:
    """Join points into spans of equal length where there are more than `most` of them.

    A span shows its last usage and limit, and the highest peak in it.
    """
    if len(points) <= most:
        return list(points)
    span = max(1, -(-(until - since) // most))
    found: dict[int, Point] = {}
    for point in points:
        place = (point.at - since) // span
        before = found.get(place)
        peak = point.peak if before is None else max(before.peak, point.peak)
        found[place] = Point(point.at, point.usage, peak, point.limit)
    return list(found.values())


def frame(
    points: Sequence[Point], earlier: Point | None, current: Point, since: int
) -> list[Point]:
    """Begin a series at the start of its time and end it with how things stand now.

    What came before the first sample of all was no usage.
    """
    limit = points[0].limit if points else current.limit
    begin = earlier or Point(since, 0, 0, limit)
    first = Point(since, begin.usage, begin.usage, begin.limit)
    if not points and earlier is None and current.usage:
        first = Point(since, current.usage, current.usage, current.limit)
    return [first, *points, current]
