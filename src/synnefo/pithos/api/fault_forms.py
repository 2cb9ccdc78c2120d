"""Faults in XML, for who asks for it. Spec: object-storage 12.1."""

from xml.sax.saxutils import escape, quoteattr

import msgspec

from synnefo.pithos.api import formats
from synnefo.serve.http.answer import Answer
from synnefo.serve.http.call import Call


class _Told(msgspec.Struct):
    code: int
    message: str
    details: str = ""


def as_asked(call: Call, answer: Answer) -> Answer:
    """Write a fault as XML where the request wants XML."""
    kind = answer.headers.get("Content-Type", "")
    is_fault = answer.status >= 400 and isinstance(answer.body, bytes) and "json" in kind
    if not is_fault or formats.chosen(call, "json", "xml") != "xml":
        return answer
    try:
        told = msgspec.json.decode(answer.body, type=dict[str, _Told])  # type: ignore[arg-type] # bytes, as was asked
    except (msgspec.DecodeError, UnicodeDecodeError):
        return answer
    text = "".join(
        f"<{name} code={quoteattr(str(each.code))}><message>{escape(each.message)}</message>"
        f"<details>{escape(each.details)}</details></{name}>"
        for name, each in told.items()
    )
    answer.body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    answer.headers["Content-Type"] = formats.XML
    answer.headers["Content-Length"] = str(len(answer.body))
    return answer
