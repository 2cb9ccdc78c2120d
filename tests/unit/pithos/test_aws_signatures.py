"""Signatures of version 4, against the examples of the public description."""

import hashlib
import hmac

import pytest

from synnefo.pithos.domain import aws_signatures
from synnefo.pithos.domain.aws_signatures import Request, Signature

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = "20130524/us-east-1/s3/aws4_request"
DATE = "20130524T000000Z"
HOST = "examplebucket.s3.amazonaws.com"


def key() -> bytes:
    made = f"AWS4{SECRET}".encode()
    for part in SCOPE.split("/"):
        made = hmac.digest(made, part.encode(), "sha256")
    return made


def header(names: str, signature: str, payload: str) -> Signature:
    text = (
        f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/{SCOPE},"
        f"SignedHeaders={names},Signature={signature}"
    )
    found = aws_signatures.in_header(text, DATE, payload)
    assert found is not None
    return found


GET = Request(
    "GET",
    "/test.txt",
    [],
    {
        "host": HOST,
        "range": "bytes=0-9",
        "x-amz-content-sha256": aws_signatures.EMPTY,
        "x-amz-date": DATE,
    },
)
GET_SIGNED = header(
    "host;range;x-amz-content-sha256;x-amz-date",
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    aws_signatures.EMPTY,
)


def test_the_published_example_is_right() -> None:
    assert aws_signatures.is_right(GET, GET_SIGNED, key())


@pytest.mark.parametrize(
    "changed",
    [
        Request("PUT", GET.path, GET.query, GET.headers),
        Request("GET", "/other.txt", GET.query, GET.headers),
        Request("GET", GET.path, [("acl", "")], GET.headers),
        Request("GET", GET.path, GET.query, {**GET.headers, "range": "bytes=0-99"}),
        Request("GET", GET.path, GET.query, {**GET.headers, "host": "evil.example.org"}),
    ],
)
def test_a_changed_request_is_not(changed: Request) -> None:
    assert not aws_signatures.is_right(changed, GET_SIGNED, key())


def test_a_query_is_part_of_it() -> None:
    names = "host;x-amz-content-sha256;x-amz-date"
    headers = {name: value for name, value in GET.headers.items() if name != "range"}
    request = Request("GET", "/", [("max-keys", "2"), ("prefix", "J")], headers)
    signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    told = header(names, signature, aws_signatures.EMPTY)
    assert aws_signatures.is_right(request, told, key())


def test_a_host_that_is_not_signed_counts_for_nothing() -> None:
    told = header("x-amz-date", "0" * 64, aws_signatures.EMPTY)
    assert not aws_signatures.is_right(GET, told, key())


def test_a_signed_address_says_how_long_it_holds() -> None:
    told = aws_signatures.in_query(
        {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"AKIAIOSFODNN7EXAMPLE/{SCOPE}",
            "X-Amz-Date": DATE,
            "X-Amz-Expires": "86400",
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Signature": "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
        }
    )
    assert told is not None
    assert told.seconds == 86400
    query = [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", f"AKIAIOSFODNN7EXAMPLE/{SCOPE}"),
        ("X-Amz-Date", DATE),
        ("X-Amz-Expires", "86400"),
        ("X-Amz-SignedHeaders", "host"),
    ]
    request = Request("GET", "/test.txt", query, {"host": HOST})
    assert aws_signatures.is_right(request, told, key())
    assert aws_signatures.in_query({"X-Amz-Algorithm": "AWS4-HMAC-SHA1"}) is None


def test_chunks_follow_each_other() -> None:
    seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    told = header("host", seed, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    expected = [
        (b"a" * 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
        (b"a" * 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
        (b"", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
    ]
    before = seed
    for data, wanted in expected:
        digest = hashlib.sha256(data).hexdigest()
        before = aws_signatures.of_chunk(told, key(), before, digest)
        assert before == wanted
