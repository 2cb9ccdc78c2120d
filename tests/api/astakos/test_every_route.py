"""Every route of Astakos, asked by everybody: exactly who may gets in.

The routes come from the route table, so a new one that `route_access.py` does not classify fails
here. There is a real thing at every id. Who is let in succeeds, or gets exactly the answer that
the table names; who is not gets 401 without a token, else 403, or 404 where even the existence
of a thing is not theirs to know.
"""

from collections.abc import Iterator

import pytest

from synnefo.astakos.models import DATABASE
from synnefo.astakos.settings import AdminSettings
from synnefo.astakos.usecases import catalogs
from synnefo.kit import conf
from tests.api.astakos.places import Places
from tests.api.astakos.route_access import ACCESS, ANSWERS, LET_IN, UNSEEN
from tests.support.routes import all_routes, ask

pytestmark = pytest.mark.django_db(databases=[DATABASE])
REFUSED = (401, 403)
ANSWER = {name: status for status, names in ANSWERS.items() for name in names}


@pytest.fixture
def places() -> Iterator[Places]:
    """Make one of each kind, with the administrators' API switched on."""
    catalogs.forget()
    with conf.override(AdminSettings, astakos_admin_api_enabled=True):
        yield Places()
    catalogs.forget()


def test_every_route_is_classified_once() -> None:
    listed = [name for names in ACCESS.values() for name in names]
    fresh, gone = set(all_routes()) - set(listed), set(listed) - set(all_routes())
    assert not fresh, "Say in route_access.py who gets in:\n" + "\n".join(sorted(fresh))
    assert not gone, "These routes are gone:\n" + "\n".join(sorted(gone))
    assert len(listed) == len(set(listed))


def test_exactly_those_get_in_who_may(places: Places) -> None:
    wrong = []
    for kind, names in ACCESS.items():
        for name in names:
            api, route = all_routes()[name]
            body = places.body(name, route)
            for who, client in places.callers.items():
                status = ask(client, api, route, places.ids_for(name), body)
                if not _is_right(kind, name, who, status):
                    wrong.append(f"{name} ({kind}): {who} got {status}")
    assert wrong == [], "\n".join(wrong)


def test_who_holds_no_token_is_told_to_sign_in(places: Places) -> None:
    wrong = {}
    for kind, names in ACCESS.items():
        if kind in ("open", "by what is sent") or "even by nobody" in kind:
            continue
        for name in names:
            api, route = all_routes()[name]
            nobody = places.callers["nobody"]
            status = ask(nobody, api, route, places.ids_for(name), places.body(name, route))
            if status != 401:
                wrong[name] = status
    assert wrong == {}


def _is_right(kind: str, name: str, who: str, status: int) -> bool:
    """Tell whether this is the one right answer; for components any refusal is."""
    if kind == "by what is sent":
        return status < 500
    if who in LET_IN[kind]:
        return status == ANSWER[name] if name in ANSWER else status < 400
    if who == "component":
        return status in REFUSED or (status == 404 and kind in UNSEEN)
    if who == "nobody":
        return status == (404 if "even by nobody" in kind else 401)
    if kind == "components":
        return status == 401
    return status == (404 if who in UNSEEN.get(kind, ()) else 403)
