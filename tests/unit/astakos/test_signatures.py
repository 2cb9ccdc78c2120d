"""Signatures of Amazon's kind; version 4 against Amazon's own published example."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from synnefo.astakos.domain.signatures import Signed, is_right, of_text, time_of

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SCOPE = "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request"
NAMES = "content-type;host;x-amz-date"
SIGNATURE = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
AUTH = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders={NAMES}, Signature={SIGNATURE}"
IAM = Signed(
    signature="",
    host="iam.amazonaws.com",
    verb="GET",
    path="/",
    params={"Action": "ListUsers", "Version": "2010-05-08"},
    headers={
        "Host": "iam.amazonaws.com",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "X-Amz-Date": "20150830T123600Z",
        "Authorization": AUTH,
    },
    body_hash=hashlib.sha256(b"").hexdigest(),
)


def test_the_published_example_of_version_4_is_right() -> None:
    assert is_right(IAM, SECRET)
    assert is_right(replace(IAM, signature=SIGNATURE), SECRET)
    assert time_of(IAM) == datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"verb": "PUT"},
        {"path": "/x"},
        {"params": {"Action": "DeleteUser", "Version": "2010-05-08"}},
        {"body_hash": "0" * 64},
        {"headers": {**IAM.headers, "X-Amz-Date": "20150830T123601Z"}},
        {"headers": {"Authorization": "AWS4-HMAC-SHA256 nothing"}},
        {"headers": {}},
    ],
)
def test_a_request_that_was_changed_is_not(change: dict[str, object]) -> None:
    assert not is_right(replace(IAM, **change), SECRET)
    assert not is_right(IAM, "another")


def test_version_4_may_be_in_the_query() -> None:
    params = {
        "X-Amz-Credential": SCOPE,
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Date": "20150830T123600Z",
    }
    request = Signed(host="h", verb="GET", path="/", params=params, body_hash="UNSIGNED-PAYLOAD")
    query = "&".join(f"{k}={v.replace('/', '%2F')}" for k, v in sorted(params.items()))
    canonical = f"GET\n/\n{query}\nhost:h\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    scope = SCOPE.partition("/")[2]
    text = f"AWS4-HMAC-SHA256\n20150830T123600Z\n{scope}\n{digest}"
    made = of_text(text.encode(), SECRET)
    assert is_right(replace(request, signature=made), SECRET)
    shown = {**params, "X-Amz-Signature": made}
    assert is_right(replace(request, params=shown), SECRET)


@pytest.mark.parametrize(("version", "text"), [("0", "List2026-11-20T10:00:00Z")])
def test_version_0(version: str, text: str) -> None:
    params = {"Action": "List", "Timestamp": "2026-11-20T10:00:00Z", "SignatureVersion": version}
    made = base64.b64encode(hmac.new(b"s", text.encode(), "sha1").digest()).decode()
    assert is_right(Signed(signature=made, params=params), "s")


def test_version_1_sorts_whatever_the_case() -> None:
    params = {"b": "2", "A": "1", "SignatureVersion": "1"}
    made = base64.b64encode(hmac.new(b"s", b"A1b2SignatureVersion1", "sha1").digest()).decode()
    assert is_right(Signed(signature=made, params=params), "s")


@pytest.mark.parametrize(("method", "digest"), [("HmacSHA256", "sha256"), ("HmacSHA1", "sha1")])
def test_version_2_by_either_hash(method: str, digest: str) -> None:
    params = {"SignatureVersion": "2", "SignatureMethod": method, "x": "a b~/"}
    query = f"SignatureMethod={method}&SignatureVersion=2&x=a%20b~%2F"
    text = f"GET\nhost\n/\n{query}"
    made = base64.b64encode(hmac.new(b"s", text.encode(), digest).digest()).decode()
    request = Signed(signature=made, host="HOST", verb="GET", path="/", params=params)
    assert is_right(request, "s")


def test_texts_of_s3_are_signed_by_their_kind() -> None:
    made = base64.b64encode(hmac.new(b"s", b"GET", "sha1").digest()).decode()
    assert of_text(b"GET", "s") == made
    assert len(of_text(b"AWS4-HMAC-SHA256\n", "s")) == 64


@pytest.mark.parametrize("text", ["", "yesterday", "20150830"])
def test_a_time_that_is_none_is_none(text: str) -> None:
    assert time_of(Signed(params={"Timestamp": text})) is None
