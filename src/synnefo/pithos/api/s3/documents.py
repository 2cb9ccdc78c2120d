"""XML documents of S3, written and read."""

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from synnefo.pithos.api.s3.faults import XML, wrong
from synnefo.serve.http.call import Call, Reply

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
LARGEST = 4 * 1024 * 1024
"""Bytes of a document that are read at most."""

Node = tuple[str, "str | Sequence[Node]"]


def document(name: str, nodes: Iterable[Node], *, status: int = 200) -> Reply:
    """Answer a document; a node is a name with text or with further nodes."""
    text = "".join(_written(node) for node in nodes)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{NAMESPACE}">{text}</{name}>'
    return Reply(status, {"Content-Type": XML}, body.encode())


def _written(node: Node) -> str:
    name, content = node
    inner = escape(content) if isinstance(content, str) else "".join(map(_written, content))
    return f"<{name}>{inner}</{name}>"


def root(call: Call) -> Element:
    """Read a request's document, its names without namespaces; entities are refused."""
    try:
        found: Element = ElementTree.fromstring(call.read_all(LARGEST), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise wrong("The body is no XML document that can be read.", "MalformedXML") from error
    for element in found.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    return found


def text_of(element: Element, name: str) -> str:
    """Answer the text of a child, empty where there is none."""
    return element.findtext(name) or ""
