"""Pages of other sites that may use a container, as its owner says in its metadata.

`X-Container-Meta-Access-Control-Allow-Origin` names the sites, or `*`; `-Max-Age` tells browsers
how long to remember that, `-Expose-Headers` what their scripts may read.
Spec: object-storage 18.2.
"""

from collections.abc import Callable

import msgspec

from synnefo.kit.faults import Fault, Unauthorized
from synnefo.pithos.api.dialects import fault_style
from synnefo.pithos.domain.places import account_of
from synnefo.pithos.models import Container
from synnefo.serve.http.answer import Answer, encode_fault
from synnefo.serve.http.call import Call

_PREFIX = "X-Container-Meta-Access-Control-"
_METHODS = "GET, HEAD, PUT, POST, COPY, DELETE, OPTIONS"
_ALWAYS_SHOWN = (
    *("Cache-Control", "Content-Language", "Content-Type", "Expires", "Last-Modified", "Pragma"),
    *("ETag", "X-Timestamp", "X-Trans-Id", "X-Openstack-Request-Id"),
)


class Rule(msgspec.Struct, frozen=True):
    """What a container's owner lets other sites do."""

    origins: tuple[str, ...] = ()
    max_age: str = ""
    shown: str = ""

    def admits(self, origin: str) -> bool:
        """Tell whether pages of a site may use the container."""
        return "*" in self.origins or origin in self.origins


def shared(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Answer a browser that asks for another site's page; a call without `Origin` passes by."""
    origin = call.headers.get("Origin")
    if not origin:
        return proceed(call)
    rule = _rule(call)
    if call.method == "OPTIONS" and call.headers.get("Access-Control-Request-Method"):
        return _preflight(call, origin, rule)
    answer = proceed(call)
    if rule.admits(origin):
        _allow(answer, origin, rule)
        own = [name for name in answer.headers if name.startswith(("X-Object-", "X-Container-"))]
        extra = rule.shown.replace(",", " ").split()
        names = dict.fromkeys([*_ALWAYS_SHOWN, *own, *extra])
        answer.headers["Access-Control-Expose-Headers"] = ", ".join(names)
    return answer


def _preflight(call: Call, origin: str, rule: Rule) -> Answer:
    if not rule.admits(origin):
        fault = Unauthorized("The owner of this container lets no page of your site use it.")
        return encode_fault(fault, fault_style, "")
    answer = Answer(200, {"Allow": _METHODS, "Content-Length": "0"}, b"")
    _allow(answer, origin, rule)
    answer.headers["Access-Control-Allow-Methods"] = _METHODS
    asked = call.headers.get("Access-Control-Request-Headers")
    if asked:
        answer.headers["Access-Control-Allow-Headers"] = asked
    if rule.max_age.isdigit():
        answer.headers["Access-Control-Max-Age"] = rule.max_age
    return answer


def _allow(answer: Answer, origin: str, rule: Rule) -> None:
    answer.headers["Access-Control-Allow-Origin"] = "*" if "*" in rule.origins else origin
    kept = answer.headers.get("Vary")
    answer.headers["Vary"] = f"{kept}, Origin" if kept else "Origin"


def _rule(call: Call) -> Rule:
    """Read the rule of the container that a path leads to; of none, nobody is let in."""
    account, _, rest = call.path.lstrip("/").partition("/")
    container = rest.partition("/")[0]
    try:
        owner = account_of(account)[0]
    except Fault:
        return Rule()
    boxes = Container.objects.filter(account=owner, name=container)
    kept = boxes.values_list("metadata", flat=True).first() or {}
    origins = kept.get(f"{_PREFIX}Allow-Origin", "").replace(",", " ").split()
    age, shown = kept.get(f"{_PREFIX}Max-Age", ""), kept.get(f"{_PREFIX}Expose-Headers", "")
    return Rule(tuple(origins), age, shown)
