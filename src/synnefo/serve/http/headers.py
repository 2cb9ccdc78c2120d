"""The headers of a request, read where the web server put them."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

ASCII = "synnefo.ascii"
"""In the environment of a request whose head is ASCII as a whole."""
_PREFIX = "HTTP_"
_BARE = {"CONTENT_TYPE", "CONTENT_LENGTH"}


@lru_cache(maxsize=512)
def _place(name: str) -> str:
    """Tell under which name of the environment a header lies (PEP 3333)."""
    key = name.replace("-", "_").upper()
    return key if key in _BARE else _PREFIX + key


class RequestHeaders(Mapping[str, str]):
    """Headers by name in any case, as `X-Auth-Token` or `x_auth_token`; nothing is copied."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        found: str = self._environ[_place(name)]
        return found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _place(name) in self._environ

    def get(self, name: str, default: Any = None) -> Any:
        """Answer a header, or the default where it was not sent."""
        return self._environ.get(_place(name), default)

    @property
    def are_ascii(self) -> bool:
        """Tell whether every value keeps to ASCII; a server that knows says so."""
        return ASCII in self._environ or (
            "".join(
                [value for key, value in self._environ.items() if key.startswith(_PREFIX)]
            ).isascii()
            and all(str(self._environ.get(key, "")).isascii() for key in _BARE)
        )

    def __iter__(self) -> Iterator[str]:
        for key in self._environ:
            if key.startswith(_PREFIX):
                yield key[len(_PREFIX) :].replace("_", "-").title()
            elif key in _BARE:
                yield key.replace("_", "-").title()

    def __len__(self) -> int:
        return sum(1 for _ in self)
