"""A host of its own for what people stored, so that it never acts as a page of ours.

Spec: object-storage 11.3.
"""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from synnefo.kit import conf
from synnefo.kit.faults import Forbidden
from synnefo.pithos.api.dialects import fault_style
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.answer import Answer, encode_fault
from synnefo.serve.http.call import Call


def apart(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Answer at the host for untrusted content only, if there is one; lead readers there."""
    settings = conf.of(PithosSettings)
    domain = settings.pithos_unsafe_domain
    if not domain:
        return proceed(call)
    if call.headers.get("Host", "").lower() == domain.lower():
        answer = proceed(call)
        answer.headers.pop("Content-Security-Policy", None)
        return answer
    if call.method not in {"GET", "HEAD"}:
        return encode_fault(Forbidden("Ask this at its own host."), fault_style, "")
    query = call.meta.get("QUERY_STRING", "")
    scheme = urlsplit(settings.pithos_base_url).scheme
    url = f"{scheme}://{domain}{quote(call.whole_path)}" + (f"?{query}" if query else "")
    return Answer(302, {"Location": url, "Content-Length": "0"}, b"")
