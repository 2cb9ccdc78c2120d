"""Names of users for lists that people read. Spec: identity 20."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from synnefo.kit.faults import Fault

UNKNOWN = "-"
CHUNK = 100


class UserNames:
    """Names by uuid, asked for by hundreds and remembered; a failure gives `-`, never a fault."""

    def __init__(self, look_up: Callable[[Sequence[str]], Mapping[str, str]]) -> None:
        self._look_up = look_up
        self._known: dict[str, str] = {}

    def of(self, uuids: Iterable[str]) -> dict[str, str]:
        """Answer the name of each uuid; `-` for one that nobody has or that cannot be told."""
        wanted = list(dict.fromkeys(uuids))
        missing = [uuid for uuid in wanted if uuid not in self._known]
        for start in range(0, len(missing), CHUNK):
            self._learn(missing[start : start + CHUNK])
        return {uuid: self._known.get(uuid, UNKNOWN) for uuid in wanted}

    def _learn(self, uuids: list[str]) -> None:
        try:
            found = self._look_up(uuids)
        except Fault:
            return
        self._known.update({uuid: found.get(uuid, UNKNOWN) for uuid in uuids})
