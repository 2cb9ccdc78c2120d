"""Where files are: accounts, containers, paths. Spec: kamaki 5.3, 9.2."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import click
import msgspec

from kamaki.errors import KamakiError
from kamaki.session import Session
from synnefo.clients.http import Http
from synnefo.clients.pithos import PithosClient
from synnefo.kit.faults import Conflict, Forbidden, ItemNotFound

F = TypeVar("F", bound=Callable[..., Any])
Asked = Mapping[str, Any]
"""The options of a command; `account` and `container` tell where short paths begin."""
FOLDERS = ("application/directory", "application/folder")
_OLD = re.compile(r"^(?P<container>[^/:]+):(?P<path>.*)$", re.DOTALL)


class Place(msgspec.Struct, frozen=True):
    """An object, or a container when there is no name."""

    account: str
    container: str
    name: str = ""

    def __str__(self) -> str:
        """Write the place as commands take it."""
        return f"/{self.container}/{self.name}" if self.name else f"/{self.container}"

    @property
    def path(self) -> str:
        """Write the place as it stands in an address, below the account."""
        return "/" + "/".join(quote(one) for one in (self.container, self.name) if one)

    def below(self, name: str) -> "Place":
        """Answer a place in this folder or container."""
        stem = f"{self.name.rstrip('/')}/" if self.name else ""
        return Place(self.account, self.container, f"{stem}{name}")


class Shelf(msgspec.Struct, frozen=True):
    """The object storage as one session sees it."""

    session: Session

    def pithos(self, place: Place) -> PithosClient:
        """Speak about a place's account."""
        return self.session.pithos(place.account)

    def http(self, place: Place) -> Http:
        """Speak about a place's account in the storage's own words."""
        return self.session.storage(place.account)

    def head(self, place: Place, **query: str) -> dict[str, str]:
        """Ask what is known of a place; header names are in lower case."""
        try:
            answer = self.http(place).call("HEAD", place.path, query=query)
        except ItemNotFound as error:
            raise missing(place) from error
        return {name.lower(): unquote(value) for name, value in answer.headers.items()}

    def exists(self, place: Place) -> bool:
        """Tell whether there is something that we may see."""
        return self.kind(place) is not None

    def kind(self, place: Place) -> str | None:
        """Answer the content type of an object, "" of a container, None of nothing."""
        try:
            answer = self.http(place).call("HEAD", place.path)
        except (ItemNotFound, Forbidden):
            return None
        return answer.headers.get("Content-Type", "").partition(";")[0] if place.name else ""

    def is_folder(self, place: Place) -> bool:
        """Tell whether a place is a container or a directory object."""
        return not place.name or self.kind(place) in FOLDERS


def missing(place: Place) -> KamakiError:
    """Say that a place is empty, and how to see what is there."""
    if place.name:
        return KamakiError(
            f"No object {place}", details=[f"To list objects: kamaki file list /{place.container}"]
        )
    return KamakiError(
        f"No container {place.container}", details=["To list them: kamaki container list"]
    )


@contextmanager
def found(place: Place) -> Iterator[None]:
    """Say plainly that a place is empty, or that it cannot be as asked while it is full."""
    try:
        yield
    except ItemNotFound as error:
        raise missing(place) from error
    except Conflict as error:
        if place.name:
            raise
        raise KamakiError(
            f"Container {place.container} is not empty",
            details=[error.message, "To delete everything in it too, use -r or --recursive."],
        ) from error


def ask(question: str, *, yes: bool) -> None:
    """Ask before something is lost; without an answer nothing is done."""
    if not yes and not click.confirm(question, err=True):
        raise KamakiError("Aborted: nothing was deleted", importance=1)


def placed(command: F) -> F:
    """Add `-A` and `-C`; the command gets `account` and `container`."""
    for decorate in (
        click.option("-A", "--account", metavar="UUID_OR_NAME", help="Whose files."),
        click.option("-C", "--container", metavar="NAME", help="The container of short paths."),
    ):
        command = decorate(command)
    return command


def find(session: Session, text: str, asked: Asked) -> Place:
    """Read `pithos://UUID/CONTAINER/PATH`, `/CONTAINER/PATH`, `CONTAINER:PATH` or `PATH`."""
    account, container = asked.get("account"), asked.get("container")
    if text.startswith("pithos://"):
        owner, _, rest = text.removeprefix("pithos://").partition("/")
        return _below(session.owner(owner or account), rest)
    owner = session.owner(account)
    if text.startswith("/") and text.strip("/"):
        return _below(owner, text[1:])
    old = _OLD.match(text)
    if old and not container and _is_spelled_old(session):
        return Place(owner, old["container"], old["path"].lstrip("/"))
    return Place(owner, container or session.default_container, text.lstrip("/"))


def _below(owner: str, path: str) -> Place:
    container, _, name = path.partition("/")
    if not container:
        raise KamakiError(f"{path} names no container", details=["Write /CONTAINER/PATH."])
    return Place(owner, container, name)


def find_any(session: Session, text: str, asked: Asked) -> Place:
    """Read a place like `find`; a bare word is a container if there is one of that name."""
    place = find(session, text, asked)
    is_word = bool(text) and not {"/", ":"} & set(text)
    if not is_word or asked.get("container") or not _is_spelled_old(session):
        return place
    word = Place(place.account, text)
    return word if Shelf(session).exists(word) else place


def _is_spelled_old(session: Session) -> bool:
    return session.choice.config.get("legacy_syntax") != "off"
