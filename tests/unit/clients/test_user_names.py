"""Names of users in lists: asked for by hundreds, remembered, never in the way."""

from collections.abc import Mapping, Sequence

from synnefo.clients.user_names import UserNames
from synnefo.kit.faults import ServiceUnavailable


class Book:
    """Somebody to ask for names, who notes how often that happens."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.is_closed = False

    def look_up(self, uuids: Sequence[str]) -> Mapping[str, str]:
        """Answer the names of all but those that begin with x."""
        self.asked.append(len(uuids))
        if self.is_closed:
            raise ServiceUnavailable("Closed.")
        return {uuid: f"{uuid}@example.org" for uuid in uuids if not uuid.startswith("x")}


def test_many_are_asked_for_by_hundreds_and_once() -> None:
    book = Book()
    names = UserNames(book.look_up)
    wanted = [f"u{number}" for number in range(250)]
    assert names.of([*wanted, *wanted])["u7"] == "u7@example.org"
    assert book.asked == [100, 100, 50]
    assert len(names.of(wanted)) == 250
    assert len(book.asked) == 3


def test_unknown_ones_and_failures_give_a_dash() -> None:
    book = Book()
    names = UserNames(book.look_up)
    assert names.of(["x1"]) == {"x1": "-"}
    book.is_closed = True
    assert names.of(["u1"]) == {"u1": "-"}
    book.is_closed = False
    assert names.of(["u1"]) == {"u1": "u1@example.org"}
    assert names.of([]) == {}
