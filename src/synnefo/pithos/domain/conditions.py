"""Conditions that a request puts on what is there. Spec: object-storage 3.6, 3.7."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from synnefo.kit.faults import PreconditionFailed


class Conditions(msgspec.Struct, frozen=True):
    """The conditional headers of a request; None where one was not sent."""

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None
    modified_since: int | None = None
    unmodified_since: int | None = None

    def check_write(self, entity: frozenset[str] | None) -> None:
        """Refuse a write; `entity` holds every tag of what is there, None when nothing is."""
        self._check_match(entity)
        if self.none_match is not None and _is_met(self.none_match, entity):
            raise PreconditionFailed("The object is there already, with one of these ETags.")

    def is_unmodified(self, entity: frozenset[str], modified: int) -> bool:
        """Tell whether a read may answer 304; PreconditionFailed where a condition fails.

        `modified` is in whole seconds since 1970.
        """
        if self.unmodified_since is not None and modified > self.unmodified_since:
            raise PreconditionFailed("The resource was modified since then.")
        self._check_match(entity)
        if self.none_match is not None:
            return _is_met(self.none_match, entity)
        return self.modified_since is not None and modified <= self.modified_since

    def _check_match(self, entity: frozenset[str] | None) -> None:
        if self.match is not None and not _is_met(self.match, entity):
            raise PreconditionFailed("No entity with one of these ETags is there.")


NONE = Conditions()


def _is_met(tags: frozenset[str], entity: frozenset[str] | None) -> bool:
    return entity is not None and ("*" in tags or bool(tags & entity))


def read(headers: Mapping[str, str]) -> Conditions:
    """Read the conditions of a request."""
    match, none_match = headers.get("If-Match"), headers.get("If-None-Match")
    since, unmodified = headers.get("If-Modified-Since"), headers.get("If-Unmodified-Since")
    if not (match or none_match or since or unmodified):
        return NONE
    return Conditions(_tags(match), _tags(none_match), seconds_of(since), seconds_of(unmodified))


def _tags(header: str | None) -> frozenset[str] | None:
    if header is None:
        return None
    return frozenset(bare(tag) for tag in header.split(",") if tag.strip())


def bare(tag: str) -> str:
    """Strip an ETag of its quotes and weakness, in lower case."""
    return tag.strip().removeprefix("W/").strip('"').lower()


def seconds_of(header: str | None) -> int | None:
    """Read an HTTP date of any of the three forms; None when it is none."""
    if not header:
        return None
    moment = _parsed(header.strip())
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None


def honours_range(if_range: str | None, tags: frozenset[str], modified: int) -> bool:
    """Tell whether `If-Range` lets a range be answered. Spec: object-storage 7.2.2."""
    if not if_range:
        return True
    moment = seconds_of(if_range)
    return moment == modified if moment is not None else bare(if_range) in tags
