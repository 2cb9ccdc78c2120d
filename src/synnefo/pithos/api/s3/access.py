"""Who may use buckets and objects over S3: their owner, and everybody where that is said.

A bucket may be listed by everybody, an object read by everybody; every other grant is refused.
An object that everybody may read here is a public one natively. Spec: object-storage 18.2.
"""

from synnefo.pithos.api.s3.documents import Node, document, root
from synnefo.pithos.api.s3.faults import not_offered
from synnefo.pithos.api.s3.places import bucket_of, own_bucket_of, place_of
from synnefo.pithos.domain import acls
from synnefo.pithos.usecases import containers, objects
from synnefo.pithos.usecases.found import readable
from synnefo.pithos.usecases.objects import Wish
from synnefo.serve.http.call import Call, Reply

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type'
_CANNED = {"private": False, "bucket-owner-full-control": False, "bucket-owner-read": False,
           "public-read": True}  # fmt: skip


def document_of(call: Call, *, is_open: bool) -> Reply:
    """Write who may do what."""
    owner: list[Node] = [("ID", call.who.user_id), ("DisplayName", call.who.user_name)]
    grants: list[Node] = [("Grant", [("GranteeOwner", owner), ("Permission", "FULL_CONTROL")])]
    if is_open:
        everybody: Node = ("GranteeGroup", [("URI", EVERYBODY)])
        grants.append(("Grant", [everybody, ("Permission", "READ")]))
    told = document("AccessControlPolicy", [("Owner", owner), ("AccessControlList", grants)])
    for kind, name in (("Owner", "CanonicalUser"), ("Group", "Group")):
        tag = f"Grantee{kind}".encode()
        told.body = told.body.replace(b"<" + tag, f'<Grantee {_XSI}="{name}"'.encode())
        told.body = told.body.replace(b"</" + tag, b"</Grantee")
    return told


def show_bucket(call: Call, bucket: str) -> Reply:
    """Tell who may use a bucket."""
    read = str(own_bucket_of(call.who, bucket).rules.get(acls.READ, ""))
    return document_of(call, is_open=acls.LISTINGS in read.split(","))


def put_bucket(call: Call, bucket: str) -> Reply:
    """Let everybody list a bucket, or nobody but its owner."""
    container = bucket_of(call.who, bucket)
    is_open = _wanted(call)
    old = str(container.rules.get(acls.READ, "")).split(",")
    parts = [part for part in old if part and part != acls.LISTINGS]
    parts += [acls.LISTINGS] if is_open else []
    containers.set_rules(call.who, container.account, bucket, {acls.READ: ",".join(parts)})
    return Reply(200, {}, None)


def show_object(call: Call, bucket: str, key: str) -> Reply:
    """Tell who may use an object."""
    own_bucket_of(call.who, bucket)
    found = readable(call.who, place_of(call.who, bucket, key))
    return document_of(call, is_open=found.public_id is not None)


def put_object(call: Call, bucket: str, key: str) -> Reply:
    """Let everybody read an object, or nobody but its owner."""
    place = place_of(call.who, bucket, key)
    objects.describe(call.who, place, Wish(is_public=_wanted(call)), is_merge=True)
    return Reply(200, {}, None)


def canned(call: Call) -> bool | None:
    """Read whether a new object is for everybody; None where nothing is said."""
    text = call.headers.get("X-Amz-Acl")
    if any(name.lower().startswith("x-amz-grant-") for name in call.headers):
        raise not_offered("Grants by header")
    if text is None:
        return None
    if text not in _CANNED:
        raise not_offered(f"The list '{text}'")
    return _CANNED[text]


def _wanted(call: Call) -> bool:
    is_open = canned(call)
    if is_open is not None:
        return is_open
    found = False
    for grant in root(call).iter("Grant"):
        uri = grant.findtext("Grantee/URI")
        if uri is None and grant.findtext("Grantee/ID") == call.who.user_id:
            continue
        if uri != EVERYBODY or grant.findtext("Permission") != "READ":
            raise not_offered("A grant to anybody but the owner, or of more than reading,")
        found = True
    return found
