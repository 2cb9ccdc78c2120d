"""`pithos-manage-accounts`: what operators do with whole accounts."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from synnefo.kit import conf
from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import (
    Account,
    Allowance,
    Cluster,
    Container,
    Facet,
    Grant,
    Group,
    Node,
    Public,
    Version,
)
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import (
    accounts,
    containers,
    history,
    objects,
    reconciliation,
    settlements,
    totals,
)
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.found import look
from synnefo.pithos.usecases.objects import Wish
from synnefo.serve.http.auth import Caller
from tests.support.pithos import MemoryQuota, a_body, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"], transaction=True)
ADA = "aaaaaaaa-1111-4111-8111-111111111111"
BOB = "bbbbbbbb-2222-4222-8222-222222222222"
TEAM = "cccccccc-3333-4333-8333-333333333333"


def put(account: str, path: str, data: bytes, **wish: object) -> None:
    container, _, name = path.partition("/")
    place = Place(account, container, name)
    objects.put(a_caller(account), place, a_body(data), Wish(**wish))  # type: ignore[arg-type]


def delete(account: str, path: str) -> None:
    container, _, name = path.partition("/")
    objects.delete(a_caller(account), Place(account, container, name))


@pytest.fixture(autouse=True)
def stored() -> None:
    """Ada has a past; Bob has some of the same names."""
    for account in (ADA, BOB):
        containers.put(a_caller(account), account, "both", Order({}, {}))
    containers.put(a_caller(ADA), ADA, "only", Order({"quota": "9000"}, {"Colour": "red"}))
    containers.put(a_caller(ADA), ADA, "team", Order({"project": TEAM}, {}))
    for size in (10, 20):
        put(ADA, "only/a", bytes(size))
    put(ADA, "team/t", bytes(7))
    for size in (100, 200):
        put(ADA, "both/same", bytes(size))
    put(ADA, "both/gone", bytes(30))
    delete(ADA, "both/gone")
    put(BOB, "both/gone", bytes(4))
    put(BOB, "both/same", bytes(5))
    put(BOB, "both/mine", bytes(6))


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Type something, or nothing."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("pithos_manage_accounts", *words, stdout=out)
    return out.getvalue()


def rows() -> list[object]:
    """Read every row that a command could change."""
    kinds = (Account, Container, Node, Version, Group, Grant, Public, Facet, Allowance)
    return [list(kind.objects.order_by("pk").values()) for kind in kinds]


def check_books() -> None:
    """See that totals and quota are exactly what is stored."""
    assert totals.differences() == []
    assert reconciliation.differences(None, None) == []


def objects_of(account: str) -> dict[str, int]:
    shown = Node.objects.filter(container__account=account, current__isnull=False)
    return {
        f"{node.container.name}/{node.name}": node.current.size
        for node in shown.select_related("container", "current")
        if node.current
    }


def sizes(account: str, path: str) -> list[int]:
    container, _, name = path.partition("/")
    return [one.size for one in history.versions(look(Place(account, container, name)))]


def last_version(name: str) -> Version:
    """Answer the newest row of one of Bob's paths."""
    return Version.objects.filter(node__name=name, node__container__account=BOB).latest("serial")


def test_accounts_and_those_equal_but_for_case_are_listed() -> None:
    Account.objects.create(name=ADA.upper(), modified=1)
    told = json.loads(run("list", "--output-format", "json"))
    assert [one["account"] for one in told] == [ADA.upper(), ADA, BOB]
    doubles = run("list", "--duplicate", "--no-headers", "--output-format", "csv").split()
    assert doubles == [ADA.upper(), ADA]
    assert BOB not in run("--list-duplicate")


@pytest.mark.parametrize("words", [(), ("--list-duplicate", "--delete-account", ADA)])
def test_exactly_one_command_is_taken(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="Name one command"):
        run(*words)


@pytest.mark.parametrize("typed", ["", "y\n", "no\n", "YES\n"])
def test_nothing_is_done_unless_yes_is_typed(typed: str, answer: Callable[[str], None]) -> None:
    before = rows()
    for words in (("delete", ADA), ("merge", ADA, BOB)):
        answer(typed)
        with pytest.raises(CommandError, match="Nothing was changed"):
            run(*words)
    assert rows() == before


def test_an_account_goes_with_all_it_holds(
    answer: Callable[[str], None], ledger: MemoryQuota
) -> None:
    accounts.update(a_caller(ADA), ADA, {}, {"friends": BOB}, is_merge=True)
    answer("yes\n")
    told = run("delete", ADA)
    assert all(
        word in told for word in ("only/a", "both/same", "team/t", "friends", "was deleted")
    )
    assert not Account.objects.filter(name=ADA).exists()
    assert not Container.objects.filter(account=ADA).exists()
    assert not Group.objects.filter(owner=ADA).exists()
    assert objects_of(BOB) == {"both/gone": 4, "both/same": 5, "both/mine": 6}
    check_books()
    assert (ledger.used_by(ADA), ledger.used_by(ADA, TEAM), ledger.used_by(BOB)) == (0, 0, 15)
    with pytest.raises(CommandError, match="no account"):
        run("delete", ADA)


def test_charged_history_is_freed_with_its_account(
    answer: Callable[[str], None], ledger: MemoryQuota
) -> None:
    with conf.override(PithosSettings, pithos_backend_free_versioning=False):
        containers.put(a_caller(TEAM), TEAM, "c", Order({}, {}))
        for size in (50, 60):
            put(TEAM, "c/o", bytes(size))
        settlements.settle_all()
        assert ledger.used_by(TEAM) == 110
        answer("yes\n")
        run("--delete-account", TEAM)
        assert ledger.used_by(TEAM) == 0


@pytest.mark.parametrize(
    "words",
    [
        ("delete", ADA, "--dry"),
        ("--dry", "delete", ADA),
        ("--delete-account", ADA, "--dry"),
        ("merge", ADA, BOB, "--dry"),
        ("--merge-accounts", "--src-account", ADA, "--dest-account", BOB, "--dry"),
        ("set-container-quota", "both", "7", "--dry"),
    ],
)
def test_a_dry_run_asks_nothing_and_changes_nothing(
    words: tuple[str, ...], answer: Callable[[str], None], ledger: MemoryQuota
) -> None:
    settlements.settle_all()
    answer("")
    before, calls = rows(), ledger.calls
    assert "would be" in run(*words)
    assert (rows(), ledger.calls, ledger.get_pending()) == (before, calls, [])


def test_a_merge_moves_objects_with_their_past(
    answer: Callable[[str], None], ledger: MemoryQuota
) -> None:
    answer("yes\n")
    uuid = look(Place(ADA, "only", "a")).object.uuid
    told = run("merge", ADA, BOB)
    assert told.splitlines()[-1].startswith("3 objects of 227")
    assert "got a new version: 1\n  both/same\n3 objects" in told
    assert objects_of(ADA) == {}
    assert objects_of(BOB) == {
        "only/a": 20,
        "team/t": 7,
        "both/same": 200,
        "both/gone": 4,
        "both/mine": 6,
    }
    assert sizes(BOB, "only/a") == [10, 20]
    assert sorted(sizes(BOB, "both/same")) == [5, 100, 200]
    assert sizes(BOB, "both/same")[-1] == 200
    assert sizes(BOB, "both/gone") == [30, 4]
    assert look(Place(BOB, "only", "a")).object.uuid == uuid
    made = Container.objects.get(account=BOB, name="only")
    assert (made.quota, made.metadata, made.project) == (9000, {"Colour": "red"}, BOB)
    assert Container.objects.get(account=BOB, name="team").project == TEAM
    check_books()
    assert (ledger.used_by(ADA), ledger.used_by(BOB)) == (0, 20 + 200 + 4 + 6)
    assert (ledger.used_by(ADA, TEAM), ledger.used_by(BOB, TEAM)) == (0, 7)


def test_what_was_deleted_stays_deleted_and_what_is_there_stays_there(
    answer: Callable[[str], None],
) -> None:
    containers.put(a_caller(BOB), BOB, "only", Order({}, {}))
    put(BOB, "only/a", bytes(1))
    delete(BOB, "only/a")
    put(ADA, "both/mine", bytes(3))
    delete(ADA, "both/mine")
    put(ADA, "both/lost", bytes(8))
    put(BOB, "both/lost", bytes(9))
    delete(BOB, "both/lost")
    delete(ADA, "both/lost")
    answer("yes\n")
    run("merge", ADA, BOB)
    assert "both/lost" not in objects_of(BOB)
    assert sizes(BOB, "both/lost") == [8, 9]
    assert last_version("lost").cluster == Cluster.DELETED
    for path, size in (("only/a", 20), ("both/mine", 6), ("both/gone", 4)):
        assert sizes(BOB, path)[-1] == size
        last = last_version(path.partition("/")[2])
        assert (last.cluster, last.size) == (Cluster.NORMAL, size)
        assert last.shown_by == last.node
    check_books()


def test_a_merge_carries_sharing_addresses_and_groups(answer: Callable[[str], None]) -> None:
    accounts.update(a_caller(ADA), ADA, {}, {"friends": TEAM}, is_merge=True)
    accounts.update(a_caller(BOB), BOB, {}, {"friends": ADA}, is_merge=True)
    put(ADA, "only/shared", b"s", sharing=f"write={ADA}:friends", is_public=True)
    put(ADA, "both/same", b"same", sharing=f"read={TEAM}", is_public=True)
    put(BOB, "both/same", b"old", sharing="read=*")
    put(BOB, "both/mine", b"mine", sharing=f"read={ADA}:friends,{BOB}:friends")
    old = set(Public.objects.values_list("url_id", flat=True))
    answer("yes\n")
    run("--merge-accounts", "--src-account", ADA, "--dest-account", BOB)
    grants = Grant.objects.order_by("node__name", "holder")
    assert list(grants.values_list("node__name", "holder", "is_write")) == [
        ("mine", f"{BOB}:friends", False),
        ("same", TEAM, False),
        ("shared", f"{BOB}:friends", True),
    ]
    public = Public.objects.order_by("node__name")
    assert list(public.values_list("node__name", flat=True)) == ["same", "shared"]
    assert old.isdisjoint(public.values_list("url_id", flat=True))
    groups = Group.objects.order_by("member").values_list("owner", "name", "member")
    assert list(groups) == [(BOB, "friends", ADA), (BOB, "friends", TEAM)]
    assert Container.objects.get(account=BOB, name="both").is_shared


def test_a_merge_charges_history_where_history_is_charged(
    answer: Callable[[str], None], ledger: MemoryQuota
) -> None:
    with conf.override(PithosSettings, pithos_backend_free_versioning=False):
        reconciliation.correct(reconciliation.differences(None, None), force=True)
        before = ledger.used_by(ADA) + ledger.used_by(BOB)
        answer("yes\n")
        run("merge", ADA, BOB)
        check_books()
        assert (ledger.used_by(ADA), ledger.used_by(BOB)) == (0, before)


def test_a_merge_that_does_not_fit_changes_nothing(
    answer: Callable[[str], None], ledger: MemoryQuota
) -> None:
    settlements.settle_all()
    before = rows()
    ledger.limit = 100
    answer("yes\n")
    with pytest.raises(CommandError, match="left of the quota"):
        run("merge", ADA, BOB)
    ledger.limit = 2**60
    Container.objects.filter(account=BOB, name="both").update(quota=150)
    answer("yes\n")
    with pytest.raises(CommandError, match="may hold 150 bytes"):
        run("merge", ADA, BOB)
    Container.objects.filter(account=BOB, name="both").update(quota=0)
    settlements.settle_all()
    assert rows()[:-1] == before[:-1]
    check_books()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("merge", ADA, ADA), "same one"),
        (("merge", ADA, "nobody"), "no account 'nobody'"),
        (("merge", "nobody", ADA), "no account 'nobody'"),
        (("delete", "nobody"), "no account 'nobody'"),
        (("--merge-accounts", "--src-account", ADA), "--dest-account"),
        (("set-container-quota", "both", "-1"), "whole number"),
        (("set-container-quota", "both", str(2**63)), "whole number"),
        (("set-container-quota", "both", "1", "--account", "nobody"), "no account"),
        (("set-container-quota", "none", "1", "--account", ADA), "no container"),
        (("export-quota", "--location", "/nowhere/at/all"), "cannot be written"),
    ],
)
def test_mistakes_are_told(
    words: tuple[str, ...], why: str, answer: Callable[[str], None]
) -> None:
    answer("yes\n")
    with pytest.raises(CommandError, match=why):
        run(*words)


def test_quota_of_containers_is_set_in_one_account_or_all() -> None:
    quotas = Container.objects.filter(quota=7).order_by("account", "name")
    told = run("set-container-quota", "only", "7", "--report")
    assert "in 1 accounts; 1 have no container" in told
    assert told.splitlines()[-1].strip() == BOB
    assert list(quotas.values_list("account", "name")) == [(ADA, "only")]
    run("set-container-quota", "both", "7", "--account", BOB)
    assert list(quotas.values_list("account", "name")) == [(ADA, "only"), (BOB, "both")]
    run("set-container-quota", "both", "0")
    assert list(quotas.values_list("name", flat=True)) == ["only"]


def test_local_quota_is_exported(tmp_path: Path) -> None:
    admin = Caller(user_id=TEAM, user_name="root", project_id="", is_admin=True)
    accounts.set_quota(admin, BOB, "12345")
    accounts.set_quota(admin, ADA, "")
    target = tmp_path / "quota"
    assert "1 accounts" in run("export-quota", "--location", str(target))
    assert target.read_text() == f"{BOB} pithos.diskspace 12345\n"


def test_statistics_are_compared_and_set_right() -> None:
    assert "in sync" in run("check-statistics")
    Container.objects.get(account=ADA, name="only").tally_set.update(population=9)
    assert "only" in run("check-statistics", "--account", ADA)
    assert "Corrected" in run("check-statistics", "--fix")
    assert totals.differences() == []


def test_the_program_is_the_command(tmp_path: Path) -> None:
    for name in ("conf", "db", "log"):
        (tmp_path / name).mkdir()
    (tmp_path / "conf" / "10-test.conf").write_text(
        f"SYNNEFO_DATA_DIR = {str(tmp_path)!r}\nSECRET_KEY = 'tests'\n"
        f"LOG_DIR = {str(tmp_path / 'log')!r}\n"
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SYNNEFO_", "DJANGO_"))}

    def program(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(Path(sys.executable).with_name(words[0])), *words[1:]],
            env={**kept, "SYNNEFO_SETTINGS_DIR": str(tmp_path / "conf")},
            input="",
            capture_output=True,
            text=True,
            check=False,
        )

    assert program("snf-manage", "migrate", "--database", "pithos").returncode == 0
    done = program("pithos-manage-accounts", "list", "--output-format", "csv")
    assert (done.returncode, done.stdout.split()) == (0, ["account"]), done.stderr
    done = program("pithos-manage-accounts", "delete", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no account 'nobody'" in done.stderr
    assert "set-container-quota" in program("pithos-manage-accounts").stdout
    done = program("pithos-manage-accounts", "--data", "/nowhere", "list")
    assert (done.returncode, done.stderr) == (1, "There is no cloud in /nowhere.\n")
