"""Answers in XML for the oldest clients: tokens and faults. Spec: identity 5, 6.2."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from synnefo.serve.http import Call
from synnefo.serve.http.answer import Answer

NAMESPACE = "http://docs.openstack.org/identity/api/v2.0"
OWN_NAMESPACE = "http://docs.synnefo.org/identity/api/v2.0"
"""Of the attributes that begin with `SNF:`, which have no declaration in JSON."""
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML, _JSON = "application/xml", "application/json"


def or_json(call: Call, go: Callable[[Call], Answer]) -> Answer:
    """Answer a call, tokens and faults in XML where the client asks for that."""
    answer = go(call)
    if answer.body is None or not isinstance(answer.body, bytes) or not is_wanted(call):
        return answer
    try:
        told = json.loads(answer.body)
    except ValueError:
        return answer
    root = _root(told, answer.status)
    if root is None:
        return answer
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8")
    answer.body = body
    answer.headers["Content-Type"] = f"{_XML}; charset=UTF-8"
    answer.headers["Content-Length"] = str(len(body))
    return answer


def is_wanted(call: Call) -> bool:
    """Tell whether a client asks for XML: by query, by the path's end or by `Accept`."""
    wanted = call.arg("format")
    if wanted is not None:
        return wanted == "xml"
    if call.path.endswith((".json", ".xml")):
        return call.path.endswith(".xml")
    accepted = [part.split(";")[0].strip() for part in call.headers.get("Accept", "").split(",")]
    known = [one for one in accepted if one in {_XML, _JSON}]
    return bool(known) and known[0] == _XML


def _root(told: Any, status: int) -> Element | None:
    if not isinstance(told, dict) or len(told) != 1:
        return None
    [(name, inside)] = told.items()
    if not isinstance(inside, dict):
        return None
    if status >= 400:
        return _fault(name, inside)
    return _access(inside) if name == "access" else None


def _fault(name: str, inside: Mapping[str, Any]) -> Element:
    root = Element(name, xmlns=NAMESPACE, code=str(inside.get("code", "")))
    for part in ("message", "details"):
        SubElement(root, part).text = _text(inside.get(part) or "")
    return root


def _access(inside: Mapping[str, Any]) -> Element:
    root = Element("access", {"xmlns": NAMESPACE, "xmlns:SNF": OWN_NAMESPACE})
    token, user = inside.get("token"), inside.get("user")
    if token:
        shown = SubElement(root, "token", _plain(token))
        if token.get("tenant"):
            SubElement(shown, "tenant", _plain(token["tenant"]))
    if user:
        roles = SubElement(SubElement(root, "user", _plain(user)), "roles")
        for role in user["roles"]:
            SubElement(roles, "role", _plain(role))
    catalog = SubElement(root, "serviceCatalog")
    for service in inside.get("serviceCatalog", []):
        shown = SubElement(catalog, "service", _plain(service))
        for endpoint in service["endpoints"]:
            SubElement(shown, "endpoint", _plain(endpoint))
    return root


def _plain(facts: Mapping[str, Any]) -> dict[str, str]:
    """Keep the facts that are single values, as attributes."""
    told = {key: value for key, value in facts.items() if not isinstance(value, dict | list)}
    return {key: _text(value) for key, value in told.items() if value is not None}


def _text(value: object) -> str:
    """Write a value without the characters that no XML document may hold."""
    return _UNSPEAKABLE.sub("", str(value))
