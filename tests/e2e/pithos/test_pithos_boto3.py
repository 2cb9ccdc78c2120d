"""S3's own client, unmodified, against the same store."""

import hashlib
import hmac
import http.client
import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import msgspec
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support import pithos_server
from tests.support.pithos_server import Server

pytestmark = [
    pytest.mark.needs_clients,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
MIB = 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a web server that answers S3."""
    data = tmp_path_factory.mktemp("s3")
    with pithos_server.running(data, settings="PITHOS_S3_ENABLED = True\n") as found:
        yield found


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, str]:
    """Make an EC2 key."""
    return make_key(server)


def make_key(server: Server) -> dict[str, str]:
    body = msgspec.json.encode({"tenant_id": server.account})
    path = f"/astakos/identity/v3/users/{server.account}/credentials/OS-EC2"
    asked = Request(server.url + path, body, {"X-Auth-Token": server.token}, method="POST")
    with urlopen(asked) as answer:
        made = msgspec.json.decode(answer.read())["credential"]
    return {"access": made["access"], "secret": made["secret"]}


def client_of(server: Server, keys: dict[str, str], **options: Any) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"{server.url}/pithos/s3",
        aws_access_key_id=keys["access"],
        aws_secret_access_key=keys["secret"],
        region_name="default",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}, **options),
    )


@pytest.fixture
def s3(server: Server, keys: dict[str, str]) -> Iterator[Any]:
    client = client_of(server, keys)
    client.create_bucket(Bucket="photos")
    yield client
    for bucket in client.list_buckets()["Buckets"]:
        empty(client, bucket["Name"])
        client.delete_bucket(Bucket=bucket["Name"])
    client.close()


def empty(s3: Any, bucket: str) -> None:
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    if found:
        keys = [{"Key": each["Key"]} for each in found]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})


def refusal(url: str) -> tuple[int, bytes]:
    """Ask without a client, and answer how it was refused."""
    with pytest.raises(HTTPError) as error:
        urlopen(url)
    with error.value as refused:
        return refused.code, refused.read()


def code_of(error: "pytest.ExceptionInfo[ClientError]") -> str:
    return str(error.value.response["Error"]["Code"])


def test_an_object_goes_in_and_comes_out_with_its_metadata(s3: Any) -> None:
    body = os.urandom(5000)
    put = s3.put_object(
        Bucket="photos", Key="a/ä b+c.jpg", Body=body, ContentType="image/jpeg",
        Metadata={"camera": "old"},
    )  # fmt: skip
    got = s3.get_object(Bucket="photos", Key="a/ä b+c.jpg")
    assert got["Body"].read() == body
    assert put["ETag"] == got["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert (got["ContentType"], got["Metadata"]) == ("image/jpeg", {"camera": "old"})
    assert s3.head_object(Bucket="photos", Key="a/ä b+c.jpg")["ContentLength"] == 5000


def test_it_is_the_same_object_as_swifts(s3: Any, server: Server) -> None:
    s3.put_object(Bucket="photos", Key="x", Body=b"one store")
    asked = Request(f"{server.storage}/photos/x", headers={"X-Auth-Token": server.token})
    with urlopen(asked) as answer:
        assert answer.read() == b"one store"


def test_ranges_and_conditions(s3: Any) -> None:
    etag = s3.put_object(Bucket="photos", Key="x", Body=b"0123456789")["ETag"]
    got = s3.get_object(Bucket="photos", Key="x", Range="bytes=2-4")
    assert (got["Body"].read(), got["ContentRange"]) == (b"234", "bytes 2-4/10")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="photos", Key="x", IfNoneMatch=etag)
    assert code_of(error) == "304"
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="photos", Key="x", IfMatch='"other"')
    assert code_of(error) == "PreconditionFailed"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="photos", Key="x", Body=b"new", IfNoneMatch="*")
    assert code_of(error) == "PreconditionFailed"
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="photos", Key="x", Range="bytes=20-")
    assert code_of(error) == "InvalidRange"


@pytest.mark.parametrize("version", ["list_objects", "list_objects_v2"])
def test_lists_page_and_roll_up(s3: Any, version: str) -> None:
    names = ["a/1", "a/2", "b&<c", "d ü", "e"]
    for name in names:
        s3.put_object(Bucket="photos", Key=name, Body=b"")
    pages = s3.get_paginator(version).paginate(
        Bucket="photos", Delimiter="/", PaginationConfig={"PageSize": 2}
    )
    keys, prefixes = [], []
    for page in pages:
        keys += [each["Key"] for each in page.get("Contents", [])]
        prefixes += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
    assert (keys, prefixes) == (names[2:], ["a/"])
    only = getattr(s3, version)(Bucket="photos", Prefix="a/")
    assert [each["Key"] for each in only["Contents"]] == ["a/1", "a/2"]


def test_an_upload_in_parts_is_one_object(s3: Any) -> None:
    body = os.urandom(21 * MIB + 7)
    small = TransferConfig(multipart_threshold=6 * MIB, multipart_chunksize=6 * MIB)
    s3.upload_fileobj(
        io.BytesIO(body), "photos", "large",
        Config=small, ExtraArgs={"Metadata": {"kept": "yes"}},
    )  # fmt: skip
    head = s3.head_object(Bucket="photos", Key="large")
    assert (head["ContentLength"], head["Metadata"]) == (len(body), {"kept": "yes"})
    out = io.BytesIO()
    s3.download_fileobj("photos", "large", out, Config=small)
    assert out.getvalue() == body
    assert s3.list_multipart_uploads(Bucket="photos").get("Uploads", []) == []


def test_an_upload_given_up_leaves_nothing(s3: Any, server: Server) -> None:
    begun = s3.create_multipart_upload(Bucket="photos", Key="never")
    part = {"Bucket": "photos", "Key": "never", "UploadId": begun["UploadId"]}
    s3.upload_part(**part, PartNumber=1, Body=b"x" * 100)
    assert [p["Size"] for p in s3.list_parts(**part)["Parts"]] == [100]
    assert len(s3.list_multipart_uploads(Bucket="photos")["Uploads"]) == 1
    s3.abort_multipart_upload(**part)
    with pytest.raises(ClientError) as error:
        s3.upload_part(**part, PartNumber=2, Body=b"x")
    assert code_of(error) == "NoSuchUpload"
    asked = Request(f"{server.storage}/photos%2Bsegments", headers={"X-Auth-Token": server.token})
    with urlopen(asked) as answer:
        assert answer.read() == b""


def test_parts_are_checked_when_an_upload_ends(s3: Any) -> None:
    begun = s3.create_multipart_upload(Bucket="photos", Key="k")
    part = {"Bucket": "photos", "Key": "k", "UploadId": begun["UploadId"]}
    tags = [s3.upload_part(**part, PartNumber=n, Body=b"%d" % n)["ETag"] for n in (1, 2)]
    for listed, code in (
        ([(2, tags[1]), (1, tags[0])], "InvalidPartOrder"),
        ([(1, tags[1])], "InvalidPart"),
        ([(3, tags[0])], "InvalidPart"),
    ):
        parts = {"Parts": [{"PartNumber": n, "ETag": tag} for n, tag in listed]}
        with pytest.raises(ClientError) as error:
            s3.complete_multipart_upload(**part, MultipartUpload=parts)
        assert code_of(error) == code
    parts = {"Parts": [{"PartNumber": n + 1, "ETag": tag} for n, tag in enumerate(tags)]}
    s3.complete_multipart_upload(**part, MultipartUpload=parts)
    assert s3.get_object(Bucket="photos", Key="k")["Body"].read() == b"12"


def test_a_copy_keeps_or_changes_metadata(s3: Any) -> None:
    s3.put_object(Bucket="photos", Key="x", Body=b"body", Metadata={"a": "1"})
    source = {"Bucket": "photos", "Key": "x"}
    s3.copy_object(Bucket="photos", Key="y", CopySource=source)
    assert s3.head_object(Bucket="photos", Key="y")["Metadata"] == {"a": "1"}
    s3.copy_object(
        Bucket="photos", Key="y", CopySource=source,
        MetadataDirective="REPLACE", Metadata={"b": "2"},
    )  # fmt: skip
    assert s3.head_object(Bucket="photos", Key="y")["Metadata"] == {"b": "2"}
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket="photos", Key="z", CopySource={"Bucket": "photos", "Key": "no"})
    assert code_of(error) == "NoSuchKey"


def test_buckets_are_made_once_and_removed_empty(s3: Any) -> None:
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["photos"]
    for bucket, code in (("photos", "BucketAlreadyOwnedByYou"), ("No", "InvalidBucketName")):
        with pytest.raises(ClientError) as error:
            s3.create_bucket(Bucket=bucket) if code != "InvalidBucketName" else _force(s3, bucket)
        assert code_of(error) == code
    s3.put_object(Bucket="photos", Key="x", Body=b"")
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket="photos")
    assert code_of(error) == "BucketNotEmpty"
    with pytest.raises(ClientError) as error:
        s3.list_objects_v2(Bucket="nowhere")
    assert code_of(error) == "NoSuchBucket"


def _force(s3: Any, bucket: str) -> None:
    """Ask for a name that the client itself would refuse."""
    s3.meta.events.unregister("before-parameter-build.s3", None)
    s3.create_bucket(Bucket=bucket.lower() + "..x")


def test_versioning_is_told_and_changed(s3: Any) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket="photos")
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="photos")["Status"] == "Enabled"


def test_what_is_not_offered_is_refused_and_changes_nothing(s3: Any) -> None:
    s3.put_object(Bucket="photos", Key="x", Body=b"kept")
    held = {"Status": "ON"}
    with pytest.raises(ClientError) as error:
        s3.put_object_legal_hold(Bucket="photos", Key="x", LegalHold=held)
    assert code_of(error) == "MethodNotAllowed"
    assert s3.get_object(Bucket="photos", Key="x")["Body"].read() == b"kept"
    with pytest.raises(ClientError) as error:
        s3.get_bucket_policy(Bucket="photos")
    assert code_of(error) == "NoSuchBucketPolicy"


def test_a_signed_address_works_for_anybody_until_it_ends(s3: Any) -> None:
    s3.put_object(Bucket="photos", Key="x y", Body=b"shared")
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": "photos", "Key": "x y"}, ExpiresIn=60
    )
    with urlopen(url) as answer:
        assert answer.read() == b"shared"
    for changed in (url.replace("x%20y", "z"), url + "&X-Amz-Expires=600", url[:-1] + "0"):
        if changed != url:
            assert refusal(changed)[0] == 403


@pytest.mark.parametrize(
    ("access", "secret", "code"),
    [("wrong", "", "InvalidAccessKeyId"), ("", "wrong", "SignatureDoesNotMatch")],
)
def test_a_wrong_key_opens_nothing(
    s3: Any, server: Server, keys: dict[str, str], access: str, secret: str, code: str
) -> None:
    other = client_of(
        server, {"access": access or keys["access"], "secret": secret or keys["secret"]}
    )
    with pytest.raises(ClientError) as error:
        other.list_buckets()
    assert code_of(error) == code
    other.close()


def test_a_key_that_was_deleted_is_refused_at_once(s3: Any, server: Server) -> None:
    mine = make_key(server)
    other = client_of(server, mine)
    assert other.list_buckets()["Buckets"]
    path = f"/astakos/identity/v3/users/{server.account}/credentials/OS-EC2/{mine['access']}"
    asked = Request(server.url + path, headers={"X-Auth-Token": server.token}, method="DELETE")
    with urlopen(asked):
        pass
    with pytest.raises(ClientError) as error:
        other.list_buckets()
    assert code_of(error) == "InvalidAccessKeyId"
    other.close()


def test_a_body_that_is_not_as_signed_is_refused_and_not_stored(s3: Any) -> None:
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="photos", Key="x", Body=b"one", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert code_of(error) == "BadDigest"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="photos", Key="x", Body=b"one", ChecksumCRC32="AAAAAA==")
    assert code_of(error) == "BadDigest"
    assert s3.list_objects_v2(Bucket="photos")["KeyCount"] == 0


def test_without_a_signature_nobody_comes_in(s3: Any, server: Server) -> None:
    status, body = refusal(f"{server.url}/pithos/s3/photos")
    assert status == 403
    assert b"<Code>AccessDenied</Code>" in body


@pytest.mark.parametrize("spoilt", ["", "signature", "data", "length", "end"])
def test_a_body_in_signed_chunks_is_stored_only_when_every_chunk_is_right(
    s3: Any, server: Server, keys: dict[str, str], spoilt: str
) -> None:
    status = put_in_chunks(server, keys, [b"a" * 70_000, b"b" * 10], spoilt)
    found = s3.list_objects_v2(Bucket="photos").get("Contents", [])
    if spoilt:
        assert (status >= 400, found) == (True, [])
        return
    assert status == 200
    body = s3.get_object(Bucket="photos", Key="chunked")["Body"].read()
    assert body == b"a" * 70_000 + b"b" * 10


def put_in_chunks(server: Server, keys: dict[str, str], parts: list[bytes], spoilt: str) -> int:
    """Upload as older clients do, over a connection of our own."""
    host, port = server.url.removeprefix("http://").split(":")
    when = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{when[:8]}/default/s3/aws4_request"
    size = sum(map(len, parts)) + (1 if spoilt == "length" else 0)
    payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    headers = {
        "host": f"{host}:{port}",
        "x-amz-content-sha256": payload,
        "x-amz-date": when,
        "x-amz-decoded-content-length": str(size),
    }
    key = f"AWS4{keys['secret']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    names = ";".join(headers)
    path = "/pithos/s3/photos/chunked"
    canonical = "\n".join(
        ("PUT", path, "", "".join(f"{k}:{v}\n" for k, v in headers.items()), names, payload)
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{hashed}"
    seed = hmac.new(key, text.encode(), "sha256").hexdigest()
    credential = f"AWS4-HMAC-SHA256 Credential={keys['access']}/{scope}"
    told = {"Authorization": f"{credential},SignedHeaders={names},Signature={seed}"}
    told |= {name: value for name, value in headers.items() if name != "host"}
    body = in_chunks(key, (when, scope, seed), parts, spoilt)
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request("PUT", path, body, told)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def in_chunks(key: bytes, start: tuple[str, str, str], parts: list[bytes], spoilt: str) -> bytes:
    when, scope, before = start
    written = b""
    empty = hashlib.sha256(b"").hexdigest()
    for data in [*parts, b""]:
        digest = hashlib.sha256(data).hexdigest()
        text = "\n".join(("AWS4-HMAC-SHA256-PAYLOAD", when, scope, before, empty, digest))
        before = hmac.new(key, text.encode(), "sha256").hexdigest()
        shown = "0" * 64 if spoilt == "signature" and data == parts[-1] else before
        sent = b"c" * len(data) if spoilt == "data" and data == parts[-1] else data
        if not data and spoilt == "end":
            break
        written += f"{len(data):x};chunk-signature={shown}\r\n".encode() + sent + b"\r\n"
    return written
