"""What an owner sets over S3, and what others may do then; with S3's own client."""

import io
import socket
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import msgspec
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.e2e.pithos.test_pithos_boto3 import client_of, code_of, make_key
from tests.support import pithos_server
from tests.support.pithos_server import Server

pytestmark = [
    pytest.mark.needs_clients,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a web server that answers S3, also at hosts named after buckets."""
    data = tmp_path_factory.mktemp("s3-configs")
    settings = "PITHOS_S3_ENABLED = True\nPITHOS_S3_DOMAIN = 's3.localhost'\n"
    with pithos_server.running(data, settings=settings) as found:
        yield found


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, str]:
    return make_key(server)


@pytest.fixture
def s3(server: Server, keys: dict[str, str]) -> Iterator[Any]:
    client = client_of(server, keys)
    client.create_bucket(Bucket="photos")
    client.put_object(Bucket="photos", Key="a", Body=b"text")
    yield client
    for page in client.get_paginator("list_object_versions").paginate(Bucket="photos"):
        for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            client.delete_object(Bucket="photos", Key=each["Key"], VersionId=each["VersionId"])
    client.delete_bucket(Bucket="photos")
    client.close()


@pytest.fixture
def nobody(server: Server) -> Iterator[Any]:
    """S3's client without a key."""
    client = boto3.client(
        "s3", endpoint_url=f"{server.url}/pithos/s3", region_name="default",
        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}),
    )  # fmt: skip
    yield client
    client.close()


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return code_of(error)


def test_versions_are_listed_read_and_removed(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket="photos", Key="v", Body=b"one")["VersionId"]
    new = s3.put_object(Bucket="photos", Key="v", Body=b"three")["VersionId"]
    s3.delete_object(Bucket="photos", Key="v")
    told = s3.list_object_versions(Bucket="photos", Prefix="v")
    assert [(v["VersionId"], v["IsLatest"], v["Size"]) for v in told["Versions"]] == [
        (new, False, 5),
        (old, False, 3),
    ]
    marker = told["DeleteMarkers"][0]
    assert marker["IsLatest"]
    got = s3.get_object(Bucket="photos", Key="v", VersionId=old)
    assert got["Body"].read() == b"one"
    assert refused(s3.get_object, Bucket="photos", Key="v") == "NoSuchKey"
    s3.delete_object(Bucket="photos", Key="v", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket="photos", Key="v")["Body"].read() == b"three"
    s3.delete_object(Bucket="photos", Key="v", VersionId=new)
    assert s3.get_object(Bucket="photos", Key="v")["Body"].read() == b"one"
    source = {"Bucket": "photos", "Key": "v", "VersionId": old}
    s3.copy_object(Bucket="photos", Key="w", CopySource=source)
    assert s3.get_object(Bucket="photos", Key="w")["Body"].read() == b"one"
    assert refused(s3.get_object, Bucket="photos", Key="v", VersionId="9" * 15) == "NoSuchVersion"


def test_versions_page_and_roll_up(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    for name in ("b", "b", "b", "c", "d/1", "d/2", "e"):
        s3.put_object(Bucket="photos", Key=name, Body=b"x")
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket="photos", Delimiter="/", PaginationConfig={"PageSize": 2}
    )
    names, prefixes, latest = [], [], []
    for page in pages:
        names += [each["Key"] for each in page.get("Versions", [])]
        latest += [each["IsLatest"] for each in page.get("Versions", [])]
        prefixes += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
    assert names == ["a", "b", "b", "b", "c", "e"]
    assert latest == [True, True, False, False, True, True]
    assert prefixes == ["d/"]


def test_tags_of_buckets_and_objects(s3: Any) -> None:
    tags = [{"Key": "colour", "Value": "blue & green"}]
    assert refused(s3.get_bucket_tagging, Bucket="photos") == "NoSuchTagSet"
    s3.put_bucket_tagging(Bucket="photos", Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket="photos")["TagSet"] == tags
    s3.put_object_tagging(Bucket="photos", Key="a", Tagging={"TagSet": tags})
    s3.copy_object(Bucket="photos", Key="b", CopySource={"Bucket": "photos", "Key": "a"})
    assert s3.get_object_tagging(Bucket="photos", Key="b")["TagSet"] == tags
    s3.put_object(Bucket="photos", Key="b", Body=b"", Tagging="x=1&y=")
    told = s3.get_object_tagging(Bucket="photos", Key="b")["TagSet"]
    assert told == [{"Key": "x", "Value": "1"}, {"Key": "y", "Value": ""}]
    s3.put_object(Bucket="photos", Key="b", Body=b"")
    assert s3.get_object_tagging(Bucket="photos", Key="b")["TagSet"] == []
    many = [{"Key": str(n), "Value": ""} for n in range(11)]
    code = refused(s3.put_object_tagging, Bucket="photos", Key="a", Tagging={"TagSet": many})
    assert code == "InvalidTag"
    s3.delete_object_tagging(Bucket="photos", Key="a")
    s3.delete_bucket_tagging(Bucket="photos")


def policy(*statements: dict[str, object]) -> str:
    return msgspec.json.encode({"Version": "2012-10-17", "Statement": statements}).decode()


def test_a_policy_opens_a_bucket_to_everybody(s3: Any, nobody: Any) -> None:
    assert refused(nobody.get_object, Bucket="photos", Key="a") == "AccessDenied"
    reading = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
               "Resource": "arn:aws:s3:::photos/*"}  # fmt: skip
    s3.put_bucket_policy(Bucket="photos", Policy=policy(reading))
    assert nobody.get_object(Bucket="photos", Key="a")["Body"].read() == b"text"
    assert refused(nobody.list_objects_v2, Bucket="photos") == "AccessDenied"
    assert s3.get_bucket_policy_status(Bucket="photos")["PolicyStatus"]["IsPublic"]
    listing = {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:ListBucket"],
               "Resource": ["arn:aws:s3:::photos"]}  # fmt: skip
    s3.put_bucket_policy(Bucket="photos", Policy=policy(reading, listing))
    assert nobody.list_objects_v2(Bucket="photos")["KeyCount"] == 1
    for call, more in ((nobody.put_object, {"Body": b""}), (nobody.delete_object, {})):
        assert refused(call, Bucket="photos", Key="a", **more) == "AccessDenied"
    for call in (nobody.get_bucket_policy, nobody.get_bucket_acl, nobody.get_bucket_cors):
        assert refused(call, Bucket="photos") == "AccessDenied"
    assert refused(nobody.list_object_versions, Bucket="photos") == "AccessDenied"
    s3.delete_bucket_policy(Bucket="photos")
    assert refused(nobody.get_object, Bucket="photos", Key="a") == "AccessDenied"


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"Principal": {"AWS": "arn:aws:iam::1:root"}},
        {"Action": "s3:*"},
        {"Action": "s3:PutObject"},
        {"Resource": "arn:aws:s3:::photos/private/*"},
        {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    ],
)
def test_a_policy_that_says_more_is_refused(s3: Any, change: dict[str, object]) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::photos/*", **change}  # fmt: skip
    code = refused(s3.put_bucket_policy, Bucket="photos", Policy=policy(statement))
    assert code == "MalformedPolicy"


def test_lists_of_who_may_read(s3: Any, nobody: Any) -> None:
    s3.put_object(Bucket="photos", Key="open", Body=b"open", ACL="public-read")
    assert nobody.get_object(Bucket="photos", Key="open")["Body"].read() == b"open"
    assert refused(nobody.get_object, Bucket="photos", Key="a") == "AccessDenied"
    assert len(s3.get_object_acl(Bucket="photos", Key="open")["Grants"]) == 2
    s3.put_object_acl(Bucket="photos", Key="open", ACL="private")
    assert refused(nobody.get_object, Bucket="photos", Key="open") == "AccessDenied"
    s3.put_bucket_acl(Bucket="photos", ACL="public-read")
    assert len(nobody.list_objects_v2(Bucket="photos")["Contents"]) == 2
    assert refused(nobody.get_object, Bucket="photos", Key="a") == "AccessDenied"
    code = refused(s3.put_bucket_acl, Bucket="photos", ACL="public-read-write")
    assert code == "NotImplemented"
    owner = s3.get_bucket_acl(Bucket="photos")
    s3.put_bucket_acl(Bucket="photos", AccessControlPolicy={
        "Owner": owner["Owner"], "Grants": owner["Grants"][:1]})  # fmt: skip
    assert refused(nobody.list_objects_v2, Bucket="photos") == "AccessDenied"


def test_a_life_cycle_is_kept_and_checked(s3: Any) -> None:
    rules = [{"ID": "old", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled",
              "Expiration": {"Days": 7}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
              "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}}]  # fmt: skip
    s3.put_bucket_lifecycle_configuration(Bucket="photos", LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket="photos")["Rules"] == rules
    moved = [{**rules[0], "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}]
    code = refused(
        s3.put_bucket_lifecycle_configuration,
        Bucket="photos", LifecycleConfiguration={"Rules": moved},
    )  # fmt: skip
    assert code == "NotImplemented"
    s3.delete_bucket_lifecycle(Bucket="photos")
    code = refused(s3.get_bucket_lifecycle_configuration, Bucket="photos")
    assert code == "NoSuchLifecycleConfiguration"


def test_pages_of_other_sites(s3: Any, server: Server) -> None:
    rule = {"AllowedOrigins": ["https://*.example.org"], "AllowedMethods": ["GET", "PUT"],
            "AllowedHeaders": ["content-*"], "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 60}  # fmt: skip
    s3.put_bucket_cors(Bucket="photos", CORSConfiguration={"CORSRules": [rule]})
    assert s3.get_bucket_cors(Bucket="photos")["CORSRules"] == [rule]
    url = f"{server.url}/pithos/s3/photos/a"

    def ask(origin: str, headers: str) -> Any:
        sent = {"Origin": origin, "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": headers}  # fmt: skip
        return urlopen(Request(url, headers=sent, method="OPTIONS"))

    with ask("https://a.example.org", "Content-Type") as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example.org"
        assert answer.headers["Access-Control-Max-Age"] == "60"
    for origin, headers in (("https://example.com", ""), ("https://a.example.org", "X-Evil")):
        with pytest.raises(HTTPError) as error:
            ask(origin, headers)
        error.value.close()
        assert error.value.code == 403
    s3.delete_bucket_cors(Bucket="photos")


def test_parts_are_copied_by_range_and_under_conditions(s3: Any) -> None:
    etag = s3.put_object(Bucket="photos", Key="src", Body=b"0123456789")["ETag"]
    begun = s3.create_multipart_upload(Bucket="photos", Key="k")
    part = {"Bucket": "photos", "Key": "k", "UploadId": begun["UploadId"]}
    source = {"Bucket": "photos", "Key": "src"}
    first = s3.upload_part_copy(
        **part, PartNumber=1, CopySource=source, CopySourceRange="bytes=2-5"
    )["CopyPartResult"]["ETag"]
    code = refused(
        s3.upload_part_copy, **part, PartNumber=2, CopySource=source, CopySourceIfNoneMatch=etag
    )
    assert code == "PreconditionFailed"
    s3.complete_multipart_upload(
        **part, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": first}]}
    )
    assert s3.get_object(Bucket="photos", Key="k")["Body"].read() == b"2345"
    for condition in ({"CopySourceIfMatch": '"x"'}, {"CopySourceIfNoneMatch": etag}):
        code = refused(s3.copy_object, Bucket="photos", Key="n", CopySource=source, **condition)
        assert code == "PreconditionFailed"


def test_a_bucket_may_be_named_by_the_host(
    s3: Any, server: Server, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = socket.getaddrinfo

    def here(_host: str, *rest: Any, **named: Any) -> Any:
        return looked_up("127.0.0.1", *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    port = server.url.rpartition(":")[2]
    client = boto3.client(
        "s3", endpoint_url=f"http://s3.localhost:{port}/pithos/s3", region_name="default",
        aws_access_key_id=keys["access"], aws_secret_access_key=keys["secret"],
        config=Config(s3={"addressing_style": "virtual"}, retries={"max_attempts": 0}),
    )  # fmt: skip
    client.upload_fileobj(io.BytesIO(b"by host"), "photos", "d/k")
    assert client.get_object(Bucket="photos", Key="d/k")["Body"].read() == b"by host"
    assert [each["Key"] for each in client.list_objects_v2(Bucket="photos")["Contents"]] == [
        "a",
        "d/k",
    ]
    client.close()
