"""When objects of a container are over by its owner's rules. Spec: object-storage 18.2."""

from datetime import datetime

import msgspec

DAY = 86_400 * 1_000_000


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule; days count from an object's last change, 0 where the rule does not speak."""

    name: str
    prefix: str = ""
    is_on: bool = True
    days: int = 0
    date: str = ""
    former_days: int = 0
    upload_days: int = 0

    def ends_before(self, now: int) -> int:
        """Tell before which change an object is over, in microseconds; 0 for none."""
        if self.date:
            moment = int(datetime.fromisoformat(self.date).timestamp() * 1_000_000)
            return now if now >= moment else 0
        return now - self.days * DAY if self.days else 0

    def former_ends_before(self, now: int) -> int:
        """Tell before which moment a version must have been replaced to be over."""
        return now - self.former_days * DAY if self.former_days else 0

    def upload_ends_before(self, now: int) -> int:
        """Tell before which moment an open upload must have begun to be given up."""
        return now - self.upload_days * DAY if self.upload_days else 0
