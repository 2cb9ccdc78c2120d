"""Tags of objects over S3. Spec: object-storage 18.2."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from synnefo.pithos.api.s3.configs import tag_document, tags_in
from synnefo.pithos.api.s3.documents import root
from synnefo.pithos.api.s3.faults import wrong
from synnefo.pithos.api.s3.places import place_of
from synnefo.pithos.domain.places import Place
from synnefo.pithos.usecases import tagging
from synnefo.pithos.usecases.found import look, readable
from synnefo.pithos.usecases.visitors import refuse_others
from synnefo.serve.http.call import Call, Reply


def show(call: Call, bucket: str, key: str) -> Reply:
    """Tell an object's tags."""
    return tag_document(tagging.of_object(readable(call.who, place_of(call.who, bucket, key))))


def put(call: Call, bucket: str, key: str) -> Reply:
    """Give an object other tags."""
    _replace(call, bucket, key, tags_in(root(call)))
    return Reply(200, {}, None)


def delete(call: Call, bucket: str, key: str) -> Reply:
    """Take an object's tags away."""
    _replace(call, bucket, key, {})
    return Reply(204, {}, None)


def _replace(call: Call, bucket: str, key: str, tags: Mapping[str, str]) -> None:
    place = place_of(call.who, bucket, key)
    refuse_others(call.who, place.account)
    tagging.replace(readable(call.who, place), tags)


def given(call: Call) -> dict[str, str] | None:
    """Read the tags that come with an upload; None where nothing is said."""
    text = call.headers.get("X-Amz-Tagging")
    if text is None:
        return None
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
    except ValueError as error:
        raise wrong("x-amz-tagging is written a=1&b=2.") from error
    return tagging.checked(dict(pairs))


def lay(place: Place, tags: Mapping[str, str] | None) -> None:
    """Give an object that was just written its tags, and take away the former one's."""
    found = look(place)
    if tags or tagging.of_object(found):
        tagging.replace(found, tags or {})
