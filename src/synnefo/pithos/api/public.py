"""Public objects: readable by everybody who knows their address. Spec: object-storage 11.1."""

from synnefo.kit.faults import Fault, ItemNotFound
from synnefo.pithos.api.reading import View, basic_headers, data_reply, disposition, view_of
from synnefo.pithos.domain import conditions
from synnefo.pithos.usecases import permits
from synnefo.serve.http.call import Call, Reply

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox",
}


def _view(url_id: str) -> View:
    """Find a public object; whatever is wrong, it is simply not there."""
    try:
        found = permits.public_object(url_id)
        return view_of(None, found)
    except Fault as fault:
        raise ItemNotFound("Object does not exist.") from fault


def get_public(call: Call, url_id: str) -> Reply:
    """Answer the content of a public object."""
    view = _view(url_id)
    headers = {**basic_headers(view), **SAFE}
    headers["Content-Disposition"] = disposition(call, view.found)
    wanted = conditions.read(call.headers)
    if wanted.is_unmodified(view.all_tags, view.modified // 1_000_000):
        return Reply(304, headers, None)
    if call.method == "HEAD":
        return Reply(200, {**headers, "Content-Length": str(view.size)}, None)
    return data_reply(call.headers.get("Range"), call.headers.get("If-Range"), view, headers)
