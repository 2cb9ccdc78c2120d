"""Pages of other sites that may use a bucket, as its owner set over S3.

Spec: object-storage 18.2.
"""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

import msgspec

from synnefo.pithos.api.s3.faults import denied, style
from synnefo.pithos.models import Container
from synnefo.serve.http.answer import Answer, encode_fault
from synnefo.serve.http.call import Call

_KEY = "cors"


class Rule(msgspec.Struct, rename="pascal"):
    """Whose pages may ask what of a bucket."""

    allowed_origin: list[str]
    allowed_method: list[str]
    allowed_header: list[str] = []
    expose_header: list[str] = []
    max_age_seconds: list[str] = []

    def fits(self, origin: str, method: str, headers: Sequence[str]) -> bool:
        """Tell whether a page may do something."""
        return (
            method in self.allowed_method
            and _matches(origin.lower(), self.allowed_origin)
            and all(_matches(each.lower(), self.allowed_header) for each in headers)
        )


def _matches(text: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(text, each.lower().replace("[", "[[]")) for each in patterns)


def preflight(call: Call) -> Answer:
    """Answer a browser that asks before it asks."""
    origin = call.headers.get("Origin", "")
    method = call.headers.get("Access-Control-Request-Method", "")
    text = call.headers.get("Access-Control-Request-Headers", "")
    headers = [each.strip() for each in text.split(",") if each.strip()]
    rule = _rule(call, origin, method, headers) if origin and method else None
    if rule is None:
        return encode_fault(denied("No page of this site may use the bucket so."), style, "")
    answer = Answer(200, {"Content-Length": "0", "Access-Control-Allow-Headers": text}, b"")
    answer.headers["Access-Control-Allow-Methods"] = ", ".join(rule.allowed_method)
    _allow(answer, origin, rule)
    return answer


def shared(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Let the browser show an answer to the page that asked."""
    answer, origin = proceed(call), call.headers.get("Origin")
    rule = _rule(call, origin, call.method, []) if origin else None
    if origin and rule is not None:
        _allow(answer, origin, rule)
    return answer


def _allow(answer: Answer, origin: str, rule: Rule) -> None:
    answer.headers["Access-Control-Allow-Origin"] = "*" if "*" in rule.allowed_origin else origin
    answer.headers["Vary"] = "Origin"
    if rule.expose_header:
        answer.headers["Access-Control-Expose-Headers"] = ", ".join(rule.expose_header)
    if rule.max_age_seconds and rule.max_age_seconds[0].isdigit():
        answer.headers["Access-Control-Max-Age"] = rule.max_age_seconds[0]


def _rule(call: Call, origin: str, method: str, headers: Sequence[str]) -> Rule | None:
    """Find the first rule that fits, of the buckets of this name: a browser shows no key yet."""
    bucket = call.path.lstrip("/").partition("/")[0]
    for rules in Container.objects.filter(name=bucket).values_list("rules", flat=True)[:20]:
        for rule in msgspec.convert(rules.get(_KEY, []), list[Rule]):
            if rule.fits(origin, method, headers):
                return rule
    return None
