"""Faults: what can go wrong for a person, each with its status and wire name.

Raise the kind, with a sentence that says what the person can do. Spec: compute 1.4.
"""

from collections.abc import Mapping
from typing import ClassVar


class Fault(Exception):
    """A failure that its reader can act on."""

    status: ClassVar[int] = 500
    name: ClassVar[str] = "computeFault"
    title: ClassVar[str] = "Internal Server Error"

    def __init__(
        self, message: str, *, details: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.headers = dict(headers or {})


class BadRequest(Fault):
    """The request cannot be understood or breaks a rule."""

    status, name, title = 400, "badRequest", "Bad Request"


class Unauthorized(Fault):
    """No valid token or password came with the request."""

    status, name, title = 401, "unauthorized", "Unauthorized"


class Forbidden(Fault):
    """The caller is known and may not do this."""

    status, name, title = 403, "forbidden", "Forbidden"


class ItemNotFound(Fault):
    """The thing does not exist, or the caller may not know that it does."""

    status, name, title = 404, "itemNotFound", "Not Found"


class NotAllowed(Fault):
    """The path exists; this method on it does not."""

    status, name, title = 405, "notAllowed", "Method Not Allowed"


class NotAcceptable(Fault):
    """No representation that the client accepts can be made."""

    status, name, title = 406, "notAcceptable", "Not Acceptable"


class Conflict(Fault):
    """The thing is in no state to take this, or somebody else was quicker."""

    status, name, title = 409, "conflictingRequest", "Conflict"


class BuildInProgress(Fault):
    """The thing is still being built; try again shortly."""

    status, name, title = 409, "buildInProgress", "Conflict"


class Gone(Fault):
    """The thing was there and is no more."""

    status, name, title = 410, "gone", "Gone"


class LengthRequired(Fault):
    """The size of the body must be told."""

    status, name, title = 411, "lengthRequired", "Length Required"


class PreconditionFailed(Fault):
    """A condition sent with the request does not hold."""

    status, name, title = 412, "preconditionFailed", "Precondition Failed"


class OverLimit(Fault):
    """A quota or limit would be exceeded."""

    status, name, title = 413, "overLimit", "Request Entity Too Large"


class TooLarge(Fault):
    """The body is larger than what is taken here."""

    status, name, title = 413, "requestEntityTooLarge", "Request Entity Too Large"


class UnsupportedMedia(Fault):
    """The body is of a type that is not understood here."""

    status, name, title = 415, "badMediaType", "Unsupported Media Type"


class RangeNotSatisfiable(Fault):
    """No byte of the asked range exists."""

    status, name, title = 416, "rangeNotSatisfiable", "Requested Range Not Satisfiable"


class Unprocessable(Fault):
    """The body is well formed and yet wrong, such as a checksum that differs."""

    status, name, title = 422, "unprocessableEntity", "Unprocessable Entity"


class TooManyRequests(Fault):
    """The caller asks more often than is allowed."""

    status, name, title = 429, "overLimit", "Too Many Requests"


class NotImplementedHere(Fault):
    """The specification says that this call is refused here."""

    status, name, title = 501, "notImplemented", "Not Implemented"


class ServiceUnavailable(Fault):
    """Something behind this service does not answer; trying again makes sense."""

    status, name, title = 503, "serviceUnavailable", "Service Unavailable"


class InsufficientStorage(Fault):
    """The disks behind this service are full."""

    status, name, title = 507, "insufficientStorage", "Insufficient Storage"
