"""What can go wrong, under the names that programs catch. Spec: identity 19."""

from typing import Any


class AstakosClientException(Exception):
    """A call failed; `status` is that of the answer, 500 when there was none."""

    default_status = 500

    def __init__(
        self,
        message: str = "",
        details: Any = "",
        status: int | None = None,
        response: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.status = self.default_status if status is None else status
        self.response = response

    def __str__(self) -> str:
        return str(self.message)


class ConnectionError(AstakosClientException):
    """The service could not be reached, or did not answer."""


class BadValue(AstakosClientException):
    """The caller gave something that cannot be."""


class InvalidResponse(AstakosClientException):
    """The service answered something that is no JSON."""


class BadRequest(AstakosClientException):
    """400."""

    default_status = 400


class Unauthorized(AstakosClientException):
    """401."""

    default_status = 401


class Forbidden(AstakosClientException):
    """403."""

    default_status = 403


class NotFound(AstakosClientException):
    """404."""

    default_status = 404


class QuotaLimit(AstakosClientException):
    """413: a limit does not allow it; the details say which, in words."""

    default_status = 413


class NoUserName(AstakosClientException):
    """Nobody has this uuid."""

    def __init__(self, uuid: str) -> None:
        super().__init__(f"No display name for the uuid: {uuid}")


class NoUUID(AstakosClientException):
    """Nobody has this display name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No uuid for the display name: {name}")


class NoEndpoints(AstakosClientException):
    """The catalogue has no such service."""

    def __init__(self, **wanted: Any) -> None:
        told = ", ".join(f"{name}={value}" for name, value in wanted.items() if value is not None)
        super().__init__(f"No endpoints found for {told}")


BY_STATUS: dict[int, type[AstakosClientException]] = {
    kind.default_status: kind for kind in (BadRequest, Unauthorized, Forbidden, NotFound)
}
