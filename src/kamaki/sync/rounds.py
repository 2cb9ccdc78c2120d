"""One round: look at both sides, plan, do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import msgspec

from kamaki.errors import KamakiError
from kamaki.sync.deeds import FAILURES, Deeds, Pair, Raced
from kamaki.sync.plan import Deed, Step, Views, deletions, steps
from kamaki.sync.sides import Local, there
from kamaki.sync.state import State
from synnefo.kit.faults import ItemNotFound

Tell = Callable[[str], None]
_MANY = 10
_AT_ONCE = 4
_QUIET = (Deed.NOTE, Deed.FORGET)
_ALONGSIDE = (Deed.UPLOAD, Deed.DOWNLOAD)


class Wish(msgspec.Struct, frozen=True):
    """How to go about it."""

    deletes: bool = False
    deletes_many: bool = False
    is_dry: bool = False


class Outcome(msgspec.Struct):
    """What one round did: paths by deed, what changed under its hands, what failed."""

    done: dict[Deed, list[str]]
    raced: list[str] = []
    failed: list[str] = []
    skipped: list[str] = []

    @property
    def is_quiet(self) -> bool:
        """Tell whether the sides were the same."""
        return not self.raced and not self.failed and not any(d not in _QUIET for d in self.done)


def run(pair: Pair, state: State, wish: Wish, tell: Tell) -> Outcome:
    """Make both sides the same, once."""
    known = state.all()
    local = Local(pair.folder, pair.grain, known)
    outcome = Outcome({})
    try:
        remote = there(pair.client, pair.place, outcome.skipped)
    except ItemNotFound as error:
        raise KamakiError(f"The container {pair.place.container} is gone") from error
    views = Views(local.look(), remote, {path: one.content for path, one in known.items()})
    outcome.skipped += local.skipped
    planned = steps(views, deletes=wish.deletes)
    _refuse_many(views, planned, wish)
    deeds = Deeds(pair, state, views)
    for is_alongside, group in groupby(planned, lambda step: step.deed in _ALONGSIDE):
        _do_all(deeds, list(group), wish, (outcome, tell), at_once=_AT_ONCE if is_alongside else 1)
    return outcome


def _do_all(
    deeds: Deeds, group: list[Step], wish: Wish, told: tuple[Outcome, Tell], *, at_once: int
) -> None:
    outcome, tell = told

    def do(step: Step) -> None:
        if step.deed not in _QUIET:
            tell(_line(step))
        if not wish.is_dry and _is_done(deeds, step, outcome):
            outcome.done.setdefault(step.deed, []).append(step.path)

    with ThreadPoolExecutor(at_once) as pool:
        for _ in pool.map(do, group):
            pass


def _is_done(deeds: Deeds, step: Step, outcome: Outcome) -> bool:
    try:
        deeds.do(step)
    except Raced as raced:
        outcome.raced.append(str(raced))
        return False
    except FAILURES as error:
        outcome.failed.append(f"{step.path}: {getattr(error, 'message', error)}")
        return False
    return True


def _line(step: Step) -> str:
    target = f" -> {step.to}" if step.to else ""
    why = f" ({step.why})" if step.why else ""
    return f"{step.deed}: {step.path}{target}{why}"


def _refuse_many(views: Views, planned: list[Step], wish: Wish) -> None:
    """Stop before an empty disk, or an emptied container, empties the other side."""
    count = deletions(planned)
    if not count or wish.deletes_many or wish.is_dry:
        return
    for side, name in ((views.here, "here"), (views.there, "there")):
        if not side:
            raise KamakiError(
                f"Nothing is left {name}, and {count} would be deleted on the other side",
                details=["If that is meant: --delete-many"],
            )
    if count > _MANY and count * 2 > len(views.before):
        raise KamakiError(
            f"{count} of {len(views.before)} files and folders would be deleted",
            details=["To see which: --dry-run. If that is meant: --delete-many"],
        )
