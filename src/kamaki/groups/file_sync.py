"""`kamaki file sync`: a local folder and a folder in the cloud, the same on both sides."""

import importlib
import time
from pathlib import Path
from typing import Any

import click

from kamaki.asking import as_session
from kamaki.errors import KamakiError
from kamaki.groups.file_transfers import grain_of, threads_of, threads_option
from kamaki.output import say
from kamaki.places import Place, Shelf, find_any, placed
from kamaki.session import Session
from kamaki.sync import rounds
from kamaki.sync.deeds import Pair
from kamaki.sync.plan import Deed
from kamaki.sync.rounds import Outcome, Wish
from kamaki.sync.state import State
from synnefo.kit.faults import Fault, Unauthorized

INTERVAL = 15.0
ROUNDS = 5
TOTALS = ("last-modified", "x-container-object-count", "x-container-bytes-used")
SUMMARY = {
    Deed.UPLOAD: "uploaded",
    Deed.DOWNLOAD: "downloaded",
    Deed.DELETE_HERE: "deleted here",
    Deed.DELETE_THERE: "deleted there",
    Deed.MOVE_HERE: "moved here",
    Deed.MOVE_THERE: "moved there",
    Deed.KEEP_BOTH: "kept in both versions",
    Deed.LEAVE: "left alone",
}


@click.command()
@click.argument("local", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("remote", required=False)
@click.option("--delete", "deletes", is_flag=True, help="Delete there what was deleted here, "
              "and here what was deleted there (kept in .kamaki-sync/trash).")  # fmt: skip
@click.option("--delete-many", "deletes_many", is_flag=True, help="Even most of everything.")
@click.option("-n", "--dry-run", "is_dry", is_flag=True, help="Only tell what would be done.")
@click.option("--watch", is_flag=True, help="Go on, whenever something changes.")
@click.option(
    "--interval", type=click.FloatRange(1), default=INTERVAL, show_default=True,
    help="Seconds between looks at the cloud while watching.",
)  # fmt: skip
@threads_option
@placed
@as_session
def sync(session: Session, local: Path, remote: str | None, **asked: Any) -> None:
    """Make a local folder and a container, or a folder in one, the same on both sides.

    What changed on one side goes to the other, only the blocks that differ. What changed on both
    is kept in both versions. Deletions travel with --delete only; renames always do.
    """
    pair = _pair(session, local.resolve(), find_any(session, remote or "", asked), asked)
    wish = Wish(asked["deletes"] or asked["deletes_many"], asked["deletes_many"], asked["is_dry"])
    address = session.endpoint("object-store", "v1")
    state = State(pair.folder, f"{address}/{pair.place.account}{pair.place}")
    try:
        outcome = _settle(pair, state, wish)
        if asked["watch"] and not wish.is_dry:
            _watch(session, pair, state, (wish, asked["interval"]))
    finally:
        state.close()
    if outcome.failed:
        raise KamakiError(f"{len(outcome.failed)} could not be done", details=outcome.failed)


def _pair(session: Session, folder: Path, place: Place, asked: dict[str, Any]) -> Pair:
    shelf = Shelf(session)
    if place.container == session.default_container:
        shelf.pithos(place).put_container(place.container)
    head = shelf.head(Place(place.account, place.container))
    threads = threads_of(session, asked["threads"])
    return Pair(folder, place, shelf.pithos(place), grain_of(head), threads)


def _settle(pair: Pair, state: State, wish: Wish) -> Outcome:
    """Go round until nothing changes under one's hands."""
    for _number in range(ROUNDS):
        outcome = rounds.run(pair, state, wish, say)
        if wish.is_dry or not outcome.raced:
            break
    if not outcome.raced and not outcome.failed and not wish.is_dry:
        state.tidy()
    for line in (*outcome.skipped, *outcome.raced):
        say(f"skipped: {line}")
    _summarise(outcome, wish)
    return outcome


def _summarise(outcome: Outcome, wish: Wish) -> None:
    told = [
        f"{len(outcome.done[deed])} {word}"
        for deed, word in SUMMARY.items()
        if deed in outcome.done
    ]
    if wish.is_dry:
        say("Nothing was done")
    else:
        say("; ".join(told) if told else "Both sides are the same")


def _watch(session: Session, pair: Pair, state: State, how: tuple[Wish, float]) -> None:
    """Go round whenever there is something to do; faults of the cloud are waited out."""
    watching = importlib.import_module("kamaki.sync.watching")
    wish, interval = how
    watch = watching.Watch(pair.folder, interval=interval)
    shelf, top = Shelf(session), Place(pair.place.account, pair.place.container)
    changes = _Changes(shelf, top)
    say(f"Watching {pair.folder} and {pair.place}")
    try:
        while True:
            watch.wait(changes.are_there)
            _once(pair, state, wish)
    except KeyboardInterrupt:
        say("Watching no more")
    finally:
        watch.close()


class _Changes:
    """Tells whether a container is another than at the last look, by its totals."""

    def __init__(self, shelf: Shelf, top: Place) -> None:
        self._shelf = shelf
        self._top = top
        self._seen: list[str | None] = []

    def are_there(self) -> bool:
        """Look; a cloud that does not answer has not changed."""
        try:
            head = self._shelf.head(self._top)
        except Fault:
            return False
        former, self._seen = self._seen, [head.get(name) for name in TOTALS]
        return former != self._seen


def _once(pair: Pair, state: State, wish: Wish) -> None:
    try:
        outcome = rounds.run(pair, state, wish, say)
    except Unauthorized:
        raise
    except (Fault, OSError) as error:
        say(f"Trying again later: {getattr(error, 'message', error)}")
        time.sleep(2)
        return
    for line in outcome.failed:
        say(f"failed: {line}")
    if not outcome.is_quiet:
        _summarise(outcome, wish)


COMMANDS = (sync,)
