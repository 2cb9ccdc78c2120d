"""Who calls, by the signature of the request. Spec: object-storage 18.2."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from urllib.parse import parse_qsl

from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Fault, ItemNotFound, Unauthorized
from synnefo.pithos.api.s3 import cross_sites, hosts
from synnefo.pithos.api.s3.bodies import Signed
from synnefo.pithos.api.s3.faults import denied, style
from synnefo.pithos.domain import aws_signatures
from synnefo.pithos.domain.aws_signatures import Request, Signature
from synnefo.pithos.engines import signers
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases.visitors import Visitor, visitor
from synnefo.serve.http.answer import Answer, encode_fault
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call

SKEW = timedelta(minutes=15)
_signed: ContextVar[Signed | None] = ContextVar("s3_signed", default=None)


def known(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Find out who signed a request before anything is done for them."""
    try:
        hosts.understand(call)
        if call.method == "OPTIONS":
            return cross_sites.preflight(call)
        if _is_unsigned(call):
            call.caller = _guest(call)
            return cross_sites.shared(call, proceed)
        signed, caller = _proven(call)
    except Fault as fault:
        answer = encode_fault(fault, style, "")
        if call.method == "HEAD":
            answer.drop_body()
        return answer
    call.caller = caller
    token = _signed.set(signed)
    try:
        return cross_sites.shared(call, proceed)
    finally:
        _signed.reset(token)


def signed_of() -> Signed:
    """Answer how the running request was signed."""
    found = _signed.get()
    if found is None:
        raise denied("Sign the request.")
    return found


def nobody(_token: str) -> Caller:
    """Refuse tokens: here requests are signed."""
    raise Unauthorized("Sign requests by an EC2 key; tokens count at the other addresses.")


def _proven(call: Call) -> tuple[Signed, Caller]:
    if not conf.of(PithosSettings).pithos_s3_enabled:
        raise denied("S3 is not offered here. Its operators set PITHOS_S3_ENABLED to offer it.")
    told = _told(call)
    _check_time(told)
    try:
        key = signers.signing_key(told.access, told.scope)
        caller = signers.holder(key)
    except (Unauthorized, ItemNotFound, BadRequest) as fault:
        raise denied("There is no such access key in force.", "InvalidAccessKeyId") from fault
    asked = [_request(call, path) for path in hosts.signed_paths(call)]
    if not any(aws_signatures.is_right(each, told, key.key) for each in asked):
        raise denied("The signature is not that of this request.", "SignatureDoesNotMatch")
    return Signed(told, key.key), caller


def _is_unsigned(call: Call) -> bool:
    marks = {"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Algorithm"}
    is_read = call.method in {"GET", "HEAD"}
    return is_read and not (call.headers.get("Authorization") or marks & call.query.keys())


def _guest(call: Call) -> Visitor:
    if not conf.of(PithosSettings).pithos_s3_enabled:
        raise denied("S3 is not offered here. Its operators set PITHOS_S3_ENABLED to offer it.")
    return visitor(None, call.headers.get("Referer", ""))


def _told(call: Call) -> Signature:
    query = {name: values[0] for name, values in call.query.items()}
    told = None
    if "X-Amz-Signature" in query:
        told = aws_signatures.in_query(query)
    elif call.headers.get("Authorization"):
        told = aws_signatures.in_header(
            call.headers["Authorization"],
            call.headers.get("X-Amz-Date", ""),
            call.headers.get("X-Amz-Content-Sha256", ""),
        )
    if told is None:
        raise denied("Sign the request with AWS4-HMAC-SHA256 and an EC2 key.")
    return told


def _check_time(told: Signature) -> None:
    signed_at = told.signed_at
    if signed_at is None:
        raise denied("The request does not say when it was signed.")
    age = now() - signed_at
    if told.seconds:
        if age > timedelta(seconds=told.seconds) or age < -SKEW:
            raise denied("This address has expired. Ask for another.")
    elif abs(age) > SKEW:
        raise denied("The clocks differ too much.", "RequestTimeTooSkewed")


def _request(call: Call, path: str) -> Request:
    """Describe the request as its sender saw it."""
    query = parse_qsl(call.meta.get("QUERY_STRING", ""), keep_blank_values=True)
    headers = {name.lower(): value for name, value in call.headers.items()}
    return Request(call.method, aws_signatures.encoded(path, keep="/"), query, headers)
