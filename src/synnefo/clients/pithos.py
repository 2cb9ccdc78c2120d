"""Pithos: files in containers, and what other services know about them.

One client speaks for one account. With a user's token it acts as that user; a component adds
`on_behalf` to its own token and acts as the user named there, with that user's rights.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import quote

import msgspec

from synnefo.clients.http import Answer, Http, Stream, fault_of
from synnefo.clients.pithos_shapes import (
    DomainObject,
    HashMap,
    ListedContainer,
    ListedObject,
    MissingBlocks,
    ObjectHead,
    Stored,
    head_of,
)

__all__ = [
    "Body",
    "DomainObject",
    "Download",
    "HashMap",
    "ListedContainer",
    "ListedObject",
    "MissingBlocks",
    "ObjectHead",
    "PithosClient",
    "Stored",
]

Body = bytes | BinaryIO | Iterable[bytes]
OCTETS = "application/octet-stream"
PIECE = 1024 * 1024
PAGE = 10000


class Download:
    """An object's head and the bytes that were asked for, as they arrive."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.head: ObjectHead = head_of(stream.headers)

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes in pieces as they come."""
        return self._stream.chunks()


class PithosClient:
    """Calls to Pithos for one account.

    `endpoint` is the service's address up to and with `/v1`; `account` is the owner's user id.
    Errors of the service are raised as the faults of `synnefo.kit.faults`.
    """

    def __init__(self, endpoint: str, token: str, account: str, *, on_behalf: str = "") -> None:
        address = endpoint.rstrip("/")
        headers = {"X-Snf-On-Behalf": on_behalf} if on_behalf else {}
        self.account = account
        self._http = Http(address, token=token, headers=headers, timeout=120.0)
        self._domains = Http(
            f"{address.removesuffix('/v1')}/domains", token=token, headers=headers
        )

    def _path(self, container: str = "", name: str = "") -> str:
        parts = [quote(self.account, safe="")]
        parts += [quote(container, safe="")] if container else []
        parts += [quote(name, safe="/")] if name else []
        return "/" + "/".join(parts)

    def list_containers(self, *, prefix: str = "") -> list[ListedContainer]:
        """List the account's containers."""
        query: dict[str, str | int] = {"format": "json", "limit": PAGE, "prefix": prefix}
        return self._http.read("GET", self._path(), list[ListedContainer], query=query)

    def put_container(
        self,
        container: str,
        *,
        project: str = "",
        versioning: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        """Make a container, or change the given things of one; true when it is new."""
        policy = {"project": project, "versioning": versioning}
        headers = {f"X-Container-Policy-{key}": value for key, value in policy.items() if value}
        headers |= _prefixed("X-Container-Meta-", metadata or {})
        return self._http.call("PUT", self._path(container), headers=headers).status == 201

    def delete_container(self, container: str) -> None:
        """Remove an empty container; Conflict when something is in it."""
        self._http.call("DELETE", self._path(container))

    def list_objects(
        self,
        container: str,
        *,
        prefix: str = "",
        delimiter: str = "",
        marker: str = "",
        limit: int = PAGE,
    ) -> list[ListedObject]:
        """List one page of a container, in name order, after `marker`."""
        query: dict[str, str | int] = {"format": "json", "limit": limit, "prefix": prefix}
        query["marker"] = marker
        query |= {"delimiter": delimiter} if delimiter else {}
        return self._http.read("GET", self._path(container), list[ListedObject], query=query)

    def put_object(
        self,
        container: str,
        name: str,
        body: Body,
        *,
        content_type: str = OCTETS,
        size: int | None = None,
        metadata: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Stored:
        """Upload an object in one request; without `size` a stream is sent chunked.

        `headers` takes what else the API knows: ETag, If-None-Match, X-Object-Manifest.
        """
        sent = {"Content-Type": content_type, **_metadata(metadata), **(headers or {})}
        known = len(body) if isinstance(body, bytes) else size
        if known is not None:
            sent["Content-Length"] = str(known)
        with self._http.stream(
            "PUT", self._path(container, name), content=_pieces(body), headers=sent
        ) as answer:
            return _stored(answer.headers)

    @contextmanager
    def get_object(
        self,
        container: str,
        name: str,
        *,
        offset: int = 0,
        length: int | None = None,
        version: str = "",
    ) -> Iterator[Download]:
        """Download an object or `length` bytes of it from `offset`, as a stream."""
        end = "" if length is None else str(offset + length - 1)
        headers = {"Range": f"bytes={offset}-{end}"} if offset or length is not None else {}
        query = {"version": version} if version else {}
        with self._http.stream(
            "GET", self._path(container, name), headers=headers, query=query
        ) as answer:
            yield Download(answer)

    def head_object(self, container: str, name: str, *, version: str = "") -> ObjectHead:
        """Tell everything about an object but its content."""
        query = {"version": version} if version else {}
        return head_of(self._http.call("HEAD", self._path(container, name), query=query).headers)

    def get_hashmap(self, container: str, name: str, *, version: str = "") -> HashMap:
        """Tell which blocks an object is made of; cheap, no content is read."""
        query = {"hashmap": "", "format": "json"} | ({"version": version} if version else {})
        return self._http.read("GET", self._path(container, name), HashMap, query=query)

    def put_hashmap(
        self,
        container: str,
        name: str,
        hashmap: HashMap,
        *,
        content_type: str = OCTETS,
        metadata: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Stored:
        """Make an object of stored blocks; MissingBlocks tells which to upload first."""
        sent = {"Content-Type": content_type, **_metadata(metadata), **(headers or {})}
        path, query = self._path(container, name), {"hashmap": "", "format": "json"}
        body = msgspec.json.encode({"bytes": hashmap.size, "hashes": hashmap.hashes})
        answer = self._http.call("PUT", path, body=body, query=query, headers=sent, check=False)
        missing = _missing(answer)
        if missing:
            raise MissingBlocks(missing)
        if answer.status >= 400:
            raise fault_of(answer)
        return _stored(answer.headers)

    def put_block(self, container: str, block: bytes) -> str:
        """Upload one block of at most the container's block size; tell its hash."""
        headers = {"Content-Type": OCTETS, "Content-Length": str(len(block))}
        query = {"update": "", "format": "json"}
        answer = self._http.call(
            "POST", self._path(container), body=block, query=query, headers=headers
        )
        return answer.read(list[str])[0]

    def post_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> None:
        """Change an object's metadata; an empty value removes a key."""
        query = {} if replace else {"update": ""}
        self._http.call(
            "POST", self._path(container, name), query=query, headers=_metadata(metadata)
        )

    def set_sharing(
        self, container: str, name: str, *, read: Iterable[str] = (), write: Iterable[str] = ()
    ) -> None:
        """Say who else may read and write; `*` is everybody who is signed in."""
        lists = {"read": ",".join(read), "write": ",".join(write)}
        sharing = ";".join(f"{kind}={users}" for kind, users in lists.items() if users)
        self._post(container, name, {"X-Object-Sharing": sharing or "~"})

    def set_public(self, container: str, name: str, *, public: bool) -> str:
        """Publish or withdraw an object; tell its public address, if it has one now."""
        self._post(container, name, {"X-Object-Public": str(public).lower()})
        return self.head_object(container, name).public_url

    def _post(self, container: str, name: str, headers: Mapping[str, str]) -> None:
        self._http.call("POST", self._path(container, name), query={"update": ""}, headers=headers)

    def copy_object(self, container: str, name: str, *, to: tuple[str, str]) -> Stored:
        """Copy an object to another container and name without touching its content."""
        headers = {"Destination": f"/{quote(to[0], safe='')}/{quote(to[1])}"}
        headers["Destination-Account"] = self.account
        answer = self._http.call("COPY", self._path(container, name), headers=headers)
        return _stored(answer.headers)

    def move_object(self, container: str, name: str, *, to: tuple[str, str]) -> Stored:
        """Move an object; it keeps its uuid."""
        headers = {"Destination": f"/{quote(to[0], safe='')}/{quote(to[1])}"}
        headers["Destination-Account"] = self.account
        answer = self._http.call("MOVE", self._path(container, name), headers=headers)
        return _stored(answer.headers)

    def delete_object(self, container: str, name: str, *, folder: bool = False) -> None:
        """Delete an object, with `folder` also everything below its name."""
        query = {"delimiter": "/"} if folder else {}
        self._http.call("DELETE", self._path(container, name), query=query)

    def domain_objects(self, domain: str) -> list[DomainObject]:
        """List the objects with metadata in a domain that the caller may read."""
        return self._domains.read("GET", f"/{quote(domain)}/objects", list[DomainObject])

    def domain_object(self, domain: str, uuid: str) -> DomainObject:
        """Tell about one object by its uuid, with its metadata in a domain, if it has any."""
        return self._domains.read("GET", f"/{quote(domain)}/objects/{quote(uuid)}", DomainObject)

    def update_domain(
        self, domain: str, uuid: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> DomainObject:
        """Change an object's metadata in a domain; an empty value removes a key.

        Only the owner may. With `replace` and nothing given the object leaves the domain.
        """
        body = {"metadata": dict(metadata), "replace": replace}
        path = f"/{quote(domain)}/objects/{quote(uuid)}"
        return self._domains.read("POST", path, DomainObject, body=body)

    def share_by_uuid(
        self, domain: str, uuid: str, *, read: Iterable[str], write: Iterable[str] = ()
    ) -> DomainObject:
        """Replace who else may read and write an object known by its uuid."""
        body = {"read": list(read), "write": list(write)}
        path = f"/{quote(domain)}/objects/{quote(uuid)}/sharing"
        return self._domains.read("PUT", path, DomainObject, body=body)

    def delete_by_uuid(self, domain: str, uuid: str) -> None:
        """Delete an object known by its uuid; only its owner may."""
        self._domains.call("DELETE", f"/{quote(domain)}/objects/{quote(uuid)}")


def _prefixed(prefix: str, metadata: Mapping[str, str]) -> dict[str, str]:
    return {
        f"{prefix}{quote(key, safe='-_')}": quote(value, safe="/=,:@; ")
        for key, value in metadata.items()
    }


def _metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    return _prefixed("X-Object-Meta-", metadata or {})


def _pieces(body: Body) -> bytes | Iterable[bytes]:
    if isinstance(body, bytes) or not hasattr(body, "read"):
        return body
    return iter(lambda: body.read(PIECE), b"")


def _stored(headers: Mapping[str, str]) -> Stored:
    return Stored(headers.get("ETag", "").strip('"'), headers.get("X-Object-Version", ""))


def _missing(answer: Answer) -> list[str]:
    """Read the list of a 409; a fault with that status is an object, not a list."""
    if answer.status != 409 or not answer.body.startswith(b"["):
        return []
    return answer.read(list[str])
