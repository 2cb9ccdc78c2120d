"""Who calls, by the signature of the request. Spec: object-storage 18.2."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Fault, ItemNotFound, Unauthorized
from synnefo.pithos.api.s3.bodies import Signed
from synnefo.pithos.api.s3.faults import denied, style
from synnefo.pithos.domain import aws_signatures
from synnefo.pithos.domain.aws_signatures import Request, Signature
from synnefo.pithos.engines import signers
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.answer import Answer, encode_fault
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call

SKEW = timedelta(minutes=15)
_signed: ContextVar[Signed | None] = ContextVar("s3_signed", default=None)


def known(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Find out who signed a request before anything is done for them."""
    try:
        signed, caller = _proven(call)
    except Fault as fault:
        answer = encode_fault(fault, style, "")
        if call.method == "HEAD":
            answer.drop_body()
        return answer
    call.caller = caller
    token = _signed.set(signed)
    try:
        return proceed(call)
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
    if not aws_signatures.is_right(_request(call), told, key.key):
        raise denied("The signature is not that of this request.", "SignatureDoesNotMatch")
    return Signed(told, key.key), caller


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


def _request(call: Call) -> Request:
    """Describe the request as its sender saw it."""
    raw = urlsplit(str(call.meta.get("RAW_URI") or "")).path
    path = unquote(raw, errors="surrogateescape") if raw else call.whole_path
    query = parse_qsl(call.meta.get("QUERY_STRING", ""), keep_blank_values=True)
    headers = {name.lower(): value for name, value in call.headers.items()}
    return Request(call.method, aws_signatures.encoded(path, keep="/"), query, headers)
