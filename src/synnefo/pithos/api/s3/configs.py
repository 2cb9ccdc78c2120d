"""What a bucket's owner sets over S3: tags, life cycles, pages of other sites, a policy."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from synnefo.kit.faults import ItemNotFound
from synnefo.kit.units import is_number
from synnefo.pithos.api.s3.documents import Node, document, root, text_of
from synnefo.pithos.api.s3.faults import wrong
from synnefo.pithos.api.s3.places import bucket_of, own_bucket_of
from synnefo.pithos.domain import acls, bucket_policies
from synnefo.pithos.domain.lifecycles import Rule
from synnefo.pithos.models import Container
from synnefo.pithos.usecases import containers, lifecycles, tagging
from synnefo.serve.http.call import Call, Reply

TAGS, CORS, POLICY = "tags", "cors", "policy"
MOST_RULES = 100
_METHODS = {"GET", "HEAD", "PUT", "POST", "DELETE"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d(T00:00:00(\.000)?Z?)?")


def _kept(call: Call, bucket: str, key: str, code: str) -> Any:
    """Answer what was set; ItemNotFound when nothing was."""
    found = own_bucket_of(call.who, bucket).rules.get(key)
    if not found:
        raise ItemNotFound(f"The bucket has no {key} set.", details=code)
    return found


def _set(call: Call, bucket: str, changes: Mapping[str, Any]) -> Container:
    container = bucket_of(call.who, bucket)
    containers.set_rules(call.who, container.account, bucket, changes)
    return container


def forget(key: str) -> Any:
    """Make the handler that removes what was set."""

    def remove(call: Call, bucket: str) -> Reply:
        """Remove it, if the bucket is there."""
        _set(call, bucket, {key: None})
        return Reply(204, {}, None)

    return remove


def tags_in(found: Element) -> dict[str, str]:
    """Read the tags of a document."""
    pairs = [(text_of(each, "Key"), text_of(each, "Value")) for each in found.iter("Tag")]
    if len(dict(pairs)) != len(pairs):
        raise wrong("A tag is named twice.", "InvalidTag")
    return dict(pairs)


def tag_document(tags: Mapping[str, str]) -> Reply:
    """Write tags."""
    nodes: list[Node] = [("Tag", [("Key", key), ("Value", tags[key])]) for key in sorted(tags)]
    return document("Tagging", [("TagSet", nodes)])


def show_tags(call: Call, bucket: str) -> Reply:
    """Tell a bucket's tags."""
    return tag_document(_kept(call, bucket, TAGS, "NoSuchTagSet"))


def put_tags(call: Call, bucket: str) -> Reply:
    """Give a bucket tags."""
    _set(call, bucket, {TAGS: tagging.checked(tags_in(root(call)), most=50)})
    return Reply(204, {}, None)


def show_policy(call: Call, bucket: str) -> Reply:
    """Answer the policy as it was sent."""
    text = _kept(call, bucket, POLICY, "NoSuchBucketPolicy")
    return Reply(200, {"Content-Type": "application/json"}, str(text).encode())


def put_policy(call: Call, bucket: str) -> Reply:
    """Open a bucket to everybody, as a policy says."""
    body = call.read_all(bucket_policies.LARGEST)
    opening = bucket_policies.opening_of(body, bucket)
    parts = [".r:*"] if opening.reads else []
    parts += [acls.LISTINGS] if opening.lists else []
    _set(call, bucket, {POLICY: body.decode(), acls.READ: ",".join(parts)})
    return Reply(204, {}, None)


def delete_policy(call: Call, bucket: str) -> Reply:
    """Close a bucket again that a policy opened."""
    rules = bucket_of(call.who, bucket).rules
    _set(call, bucket, {POLICY: None, **({acls.READ: None} if POLICY in rules else {})})
    return Reply(204, {}, None)


def show_policy_status(call: Call, bucket: str) -> Reply:
    """Tell whether everybody may read."""
    read = str(own_bucket_of(call.who, bucket).rules.get(acls.READ, ""))
    return document("PolicyStatus", [("IsPublic", "true" if ".r:*" in read else "false")])


def show_lifecycle(call: Call, bucket: str) -> Reply:
    """Tell when objects of a bucket are over."""
    _kept(call, bucket, lifecycles.KEY, "NoSuchLifecycleConfiguration")
    rules = lifecycles.rules_of(bucket_of(call.who, bucket))
    return document("LifecycleConfiguration", [("Rule", _rule_nodes(rule)) for rule in rules])


def _rule_nodes(rule: Rule) -> list[Node]:
    nodes: list[Node] = [
        ("ID", rule.name),
        ("Filter", [("Prefix", rule.prefix)]),
        ("Status", "Enabled" if rule.is_on else "Disabled"),
    ]
    if rule.days or rule.date:
        inner: Node = ("Days", str(rule.days)) if rule.days else ("Date", rule.date)
        nodes.append(("Expiration", [inner]))
    if rule.former_days:
        days: Node = ("NoncurrentDays", str(rule.former_days))
        nodes.append(("NoncurrentVersionExpiration", [days]))
    if rule.upload_days:
        since: Node = ("DaysAfterInitiation", str(rule.upload_days))
        nodes.append(("AbortIncompleteMultipartUpload", [since]))
    return nodes


def put_lifecycle(call: Call, bucket: str) -> Reply:
    """Say when objects of a bucket are over."""
    found = list(root(call).iter("Rule"))
    if not 1 <= len(found) <= MOST_RULES:
        raise wrong(f"A life cycle has 1 to {MOST_RULES} rules.", "MalformedXML")
    rules = [_rule(each, number) for number, each in enumerate(found, 1)]
    _set(call, bucket, {lifecycles.KEY: msgspec.to_builtins(rules)})
    return Reply(200, {}, None)


def _rule(found: Element, number: int) -> Rule:
    known = {"ID", "Prefix", "Filter", "Status", "Expiration", "NoncurrentVersionExpiration",
             "AbortIncompleteMultipartUpload"}  # fmt: skip
    others = {each.tag for each in found} - known
    inner = found.find("Filter")
    others |= {each.tag for each in inner if each.tag != "Prefix"} if inner is not None else set()
    if others:
        raise wrong(f"Rules here know no {', '.join(sorted(others))}.", "NotImplemented")
    date = text_of(found, "Expiration/Date")
    if date and not _DAY.fullmatch(date):
        raise wrong("A date is midnight of some day.", "InvalidArgument")
    rule = Rule(
        name=text_of(found, "ID") or f"rule-{number}",
        prefix=text_of(found, "Prefix") or text_of(found, "Filter/Prefix"),
        is_on=_status(text_of(found, "Status")),
        days=_days(found, "Expiration/Days"),
        date=f"{_date(date)}T00:00:00+00:00" if date else "",
        former_days=_days(found, "NoncurrentVersionExpiration/NoncurrentDays"),
        upload_days=_days(found, "AbortIncompleteMultipartUpload/DaysAfterInitiation"),
    )
    if not (rule.days or rule.date or rule.former_days or rule.upload_days):
        raise wrong("A rule says when something is over.", "MalformedXML")
    return rule


def _date(text: str) -> str:
    try:
        return datetime.fromisoformat(text[:10]).date().isoformat()
    except ValueError as error:
        raise wrong("There is no such day.", "InvalidArgument") from error


def _status(text: str) -> bool:
    if text not in {"Enabled", "Disabled"}:
        raise wrong("A rule is Enabled or Disabled.", "MalformedXML")
    return text == "Enabled"


def _days(found: Element, path: str) -> int:
    text = found.findtext(path)
    if text is None:
        return 0
    if not is_number(text) or not 1 <= int(text) <= 36_500:
        raise wrong("Days are a whole number above zero.", "InvalidArgument")
    return int(text)


def show_cors(call: Call, bucket: str) -> Reply:
    """Tell which pages of other sites may use a bucket."""
    found = _kept(call, bucket, CORS, "NoSuchCORSConfiguration")
    rules: list[Node] = [
        ("CORSRule", [(name, text) for name, texts in rule.items() for text in texts])
        for rule in found
    ]
    return document("CORSConfiguration", rules)


def put_cors(call: Call, bucket: str) -> Reply:
    """Say which pages of other sites may use a bucket."""
    found = list(root(call).iter("CORSRule"))
    if not 1 <= len(found) <= MOST_RULES:
        raise wrong(f"Name 1 to {MOST_RULES} rules.", "MalformedXML")
    _set(call, bucket, {CORS: [_cors_rule(each) for each in found]})
    return Reply(200, {}, None)


def _cors_rule(found: Element) -> dict[str, list[str]]:
    names = ("ID", "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader",
             "MaxAgeSeconds")  # fmt: skip
    rule = {name: [each.text or "" for each in found.findall(name)] for name in names}
    if not rule["AllowedOrigin"] or not set(rule["AllowedMethod"]) <= _METHODS:
        raise wrong("A rule names origins, and methods of S3.", "InvalidRequest")
    if not rule["AllowedMethod"] or any(text.count("*") > 1 for text in rule["AllowedOrigin"]):
        raise wrong("A rule names methods, and one * at most in an origin.", "InvalidRequest")
    return {name: texts for name, texts in rule.items() if texts}
