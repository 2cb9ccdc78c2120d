"""Faults as S3 writes them: XML with a code that clients act on."""

from xml.sax.saxutils import escape

from synnefo.kit.faults import (
    BadRequest,
    Conflict,
    Fault,
    Forbidden,
    ItemNotFound,
    NotAllowed,
    NotImplementedHere,
)

XML = "application/xml"
_CODES = {
    400: "InvalidRequest",
    401: "AccessDenied",
    403: "AccessDenied",
    404: "NoSuchKey",
    405: "MethodNotAllowed",
    409: "OperationAborted",
    411: "MissingContentLength",
    412: "PreconditionFailed",
    413: "QuotaExceeded",
    416: "InvalidRange",
    422: "BadDigest",
    501: "NotImplemented",
    503: "SlowDown",
}


def style(fault: Fault) -> tuple[bytes, str]:
    """Write a fault; its details are the code where it carries one of S3's."""
    is_code = fault.details.isalnum() and fault.details[:1].isupper()
    code = fault.details if is_code else _CODES.get(fault.status, "InternalError")
    text = f"<Error><Code>{code}</Code><Message>{escape(fault.message)}</Message></Error>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), XML


def denied(message: str, code: str = "AccessDenied") -> Forbidden:
    """Refuse somebody."""
    return Forbidden(message, details=code)


def wrong(message: str, code: str = "InvalidArgument") -> BadRequest:
    """Refuse a request that makes no sense."""
    return BadRequest(message, details=code)


def no_bucket(name: str) -> ItemNotFound:
    """Say that there is no such bucket."""
    return ItemNotFound(f"There is no bucket '{name}'.", details="NoSuchBucket")


def no_upload() -> ItemNotFound:
    """Say that there is no such upload."""
    return ItemNotFound(
        "There is no such upload; it was ended or given up.", details="NoSuchUpload"
    )


def taken(message: str, code: str) -> Conflict:
    """Refuse what clashes with what is there."""
    return Conflict(message, details=code)


def not_here(what: str) -> NotAllowed:
    """Refuse something of S3 that is not offered."""
    return NotAllowed(f"{what} is not offered here.", details="MethodNotAllowed")


def not_offered(what: str) -> NotImplementedHere:
    """Refuse something of S3 that nobody here could keep."""
    return NotImplementedHere(f"{what} is not offered here.", details="NotImplemented")
