"""Cookies of an answer; each is a header line of its own."""

from typing import Literal
from urllib.parse import quote

import msgspec


class Cookie(msgspec.Struct, frozen=True, kw_only=True):
    """A cookie to set; an age of 0 takes it back. By default scripts and other sites get none."""

    name: str
    value: str = ""
    path: str = "/"
    max_age: int = 0
    domain: str = ""
    secure: bool = True
    http_only: bool = True
    same_site: Literal["Strict", "Lax", "None"] = "Strict"

    @property
    def line(self) -> str:
        """Write the header; what could end the value is quoted as in addresses."""
        parts = [
            f"{self.name}={quote(self.value, safe='-._~')}",
            f"Path={self.path}",
            f"Max-Age={max(self.max_age, 0)}",
            *([f"Domain={self.domain}"] if self.domain else []),
            *(["HttpOnly"] if self.http_only else []),
            f"SameSite={self.same_site}",
            *(["Secure"] if self.secure else []),
        ]
        return "; ".join(parts)
