"""Decisions of compute: states, costs, placement, plans, names, ciphers."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.cyclades.domain import ciphers, costs, guests, names, placement, server_plan
from synnefo.cyclades.domain import server_states as states
from synnefo.cyclades.domain.costs import Size
from synnefo.cyclades.domain.guests import InjectedFile
from synnefo.cyclades.domain.instances import is_final
from synnefo.cyclades.domain.placement import Candidate, Demand
from synnefo.cyclades.domain.server_plan import BlockDevice, BootSource, FlavorSize, ServerOrder
from synnefo.cyclades.domain.server_states import Action, Shown, Standing, State, Task, WrongState
from synnefo.kit.faults import BadRequest, BuildInProgress, Fault, Forbidden, OverLimit
from synnefo.kit.units import GIB, MIB

OK = None
BUILDING, WRONG = BuildInProgress, WrongState
STATES = (State.BUILD, State.ERROR, State.STOPPED, State.STARTED)

MATRIX: list[tuple[Action, tuple[type[Fault] | None, ...]]] = [
    (Action.START, (BUILDING, WRONG, OK, WRONG)),
    (Action.STOP, (BUILDING, WRONG, WRONG, OK)),
    (Action.REBOOT, (BUILDING, WRONG, OK, OK)),
    (Action.RESIZE, (BUILDING, WRONG, OK, WRONG)),
    (Action.CONNECT, (BUILDING, WRONG, OK, OK)),
    (Action.DESTROY, (OK, OK, OK, OK)),
    (Action.MODIFY, (OK, OK, OK, OK)),
    (Action.CONSOLE, (WRONG, WRONG, WRONG, OK)),
]


def verdict(action: Action, standing: Standing, *, admin: bool = False) -> type[Fault] | None:
    try:
        states.check(action, standing, admin=admin)
    except Fault as fault:
        return type(fault)
    return None


class TestPermission:
    @pytest.mark.parametrize(("action", "row"), MATRIX)
    def test_the_matrix(self, action: Action, row: tuple[type[Fault] | None, ...]) -> None:
        for state, wanted in zip(STATES, row, strict=True):
            assert verdict(action, Standing(state=state)) is wanted

    def test_a_deleted_server_takes_nothing(self) -> None:
        for action in Action:
            standing = Standing(state=State.DESTROYED, deleted=True)
            assert verdict(action, standing, admin=True) is WRONG

    def test_a_suspended_server_obeys_administrators_only(self) -> None:
        standing = Standing(state=State.STARTED, suspended=True)
        for action in (Action.STOP, Action.DESTROY, Action.MODIFY, Action.CONSOLE):
            with pytest.raises(Forbidden):
                states.check(action, standing, admin=False)
            states.check(action, standing, admin=True)

    def test_suspending_twice_is_wrong(self) -> None:
        for suspended, allowed in ((False, Action.SUSPEND), (True, Action.UNSUSPEND)):
            standing = Standing(state=State.STARTED, suspended=suspended)
            states.check(allowed, standing, admin=True)
            other = Action.UNSUSPEND if allowed is Action.SUSPEND else Action.SUSPEND
            with pytest.raises(WrongState):
                states.check(other, standing, admin=True)

    def test_a_busy_server_takes_nothing_but_its_end(self) -> None:
        for task in Task:
            standing = Standing(state=State.STARTED, task=task)
            wanted = BUILDING if task is Task.BUILD else WRONG
            assert verdict(Action.STOP, standing, admin=True) is wanted
            states.check(Action.DESTROY, standing, admin=False)
            states.check(Action.CONSOLE, standing, admin=False)

    def test_plugging_while_it_runs_needs_hotplug(self) -> None:
        standing = Standing(state=State.STARTED)
        states.check(Action.CONNECT, standing, admin=False, hotplug=True)
        with pytest.raises(WrongState):
            states.check(Action.CONNECT, standing, admin=False, hotplug=False)


class TestStatus:
    @pytest.mark.parametrize(
        ("shown", "wanted"),
        [
            (Shown(state="?"), "UNKNOWN"),
            (Shown(state="STARTED", deleted=True), "DELETED"),
            (Shown(state="STARTED"), "ACTIVE"),
            (Shown(state="STARTED", opcode="OP_INSTANCE_REBOOT", job_status="running"), "REBOOT"),
            (Shown(state="STARTED", opcode="OP_INSTANCE_REBOOT", job_status="success"), "ACTIVE"),
            (Shown(state="STOPPED", task="RESIZE", job_status="queued"), "RESIZE"),
            (Shown(state="STOPPED", task="RESIZE", job_status=None), "STOPPED"),
            (Shown(state="BUILD"), "BUILD"),
            (Shown(state="DESTROYED"), "DELETED"),
        ],
    )
    def test_what_is_shown(self, shown: Shown, wanted: str) -> None:
        assert states.status(shown) == wanted

    def test_task_states(self) -> None:
        assert states.task_state(None) == ""
        assert states.task_state("BUILD") == "BUILDING"
        assert states.task_state("ELSE") == "UNKNOWN"

    def test_where_jobs_lead(self) -> None:
        after = states.after
        assert after("OP_INSTANCE_CREATE", "success", State.BUILD) is State.STARTED
        assert after("OP_INSTANCE_CREATE", "error", State.BUILD) is State.ERROR
        assert after("OP_INSTANCE_CREATE", "error", State.STARTED) is State.STARTED
        assert after("OP_INSTANCE_SHUTDOWN", "error", State.STARTED) is State.STARTED
        assert after("OP_INSTANCE_MIGRATE", "success", State.STOPPED) is State.STOPPED

    def test_which_jobs_have_ended(self) -> None:
        assert [s for s in ("queued", "success", "error", "canceled", None) if is_final(s)] == [
            "success",
            "error",
            "canceled",
        ]


class TestCosts:
    SIZE = Size(cpu=2, ram=1024, disk=20)

    def test_a_new_server_costs_everything(self) -> None:
        assert costs.of_new_server(self.SIZE) == {
            "cyclades.vm": 1,
            "cyclades.cpu": 2,
            "cyclades.total_cpu": 2,
            "cyclades.ram": 1024 * MIB,
            "cyclades.total_ram": 1024 * MIB,
            "cyclades.disk": 20 * GIB,
        }

    @given(st.lists(st.sampled_from(list(State)), max_size=8))
    def test_whatever_it_goes_through_its_end_gives_everything_back(
        self, path: list[State]
    ) -> None:
        held = dict(costs.of_new_server(self.SIZE))
        before = State.BUILD
        for state in [*path, State.DESTROYED]:
            for name, amount in costs.of_transition(before, state, self.SIZE).items():
                held[name] = held.get(name, 0) + amount
            before = state if before is not State.DESTROYED else before
        assert not any(held.values())

    def test_a_resize_costs_the_difference(self) -> None:
        new = Size(cpu=4, ram=1024)
        assert costs.of_resize(State.STOPPED, self.SIZE, new) == {"cyclades.total_cpu": 2}
        assert costs.of_resize(State.STARTED, self.SIZE, new) == {
            "cyclades.total_cpu": 2,
            "cyclades.cpu": 2,
        }
        assert costs.of_volumes(0) == {}


def a_candidate(number: int, **fields: object) -> Candidate:
    values: dict[str, object] = {
        "id": number,
        "disk_templates": frozenset({"ext"}),
        "mfree": 1000,
        "mtotal": 2000,
        "dfree": 1000,
        "dtotal": 2000,
        "ctotal": 8,
    }
    return Candidate(**{**values, **fields})  # type: ignore[arg-type]


class TestPlacement:
    WANTED = Demand(ram=100, disk=100, template="ext")

    def test_the_least_loaded_wins(self) -> None:
        one, two = a_candidate(1, mfree=500), a_candidate(2)
        assert placement.choose([one, two], self.WANTED) == 2
        assert placement.choose([], self.WANTED) is None

    def test_those_that_fit_come_first_but_none_is_better_than_nowhere(self) -> None:
        full = a_candidate(1, mfree=50)
        assert placement.choose([full, a_candidate(2, pinst_cnt=3)], self.WANTED) == 2
        assert placement.choose([full], self.WANTED) == 1
        for fields in ({"ctotal": 0}, {"pinst_cnt": 99}, {"dfree": 1}):
            assert placement.choose([a_candidate(1, **fields), a_candidate(2)], self.WANTED) == 2

    def test_a_project_with_clusters_of_its_own_uses_only_them(self) -> None:
        private, public = a_candidate(1, public=False), a_candidate(2)
        assert placement.choose([private, public], self.WANTED) == 2
        chosen = placement.choose([private, public], self.WANTED, mapped=frozenset({1}))
        assert chosen == 1

    def test_the_template_must_be_there(self) -> None:
        plain = a_candidate(1, disk_templates=frozenset({"plain"}))
        assert placement.choose([plain], self.WANTED) is None

    def test_archipelago_clusters_take_ext_and_nothing_else(self) -> None:
        both = frozenset({"ext", "plain"})
        pair = [a_candidate(1, disk_templates=both), a_candidate(2, disk_templates=both)]
        kept = frozenset({2})
        assert placement.choose(pair, self.WANTED, archipelago=kept) == 2
        plain = Demand(ram=1, disk=1, template="plain")
        assert placement.choose(pair, plain, archipelago=kept) == 1

    def test_a_cluster_without_numbers_scores_badly(self) -> None:
        empty = Candidate(id=1)
        assert placement.score(empty) == 0.5

    def test_a_volume_type_splits_at_its_first_underscore(self) -> None:
        assert placement.template_of("ext_archipelago") == ("ext", "archipelago")
        assert placement.template_of("drbd") == ("drbd", None)


class TestGuests:
    @pytest.mark.parametrize("weak", ["Short1", "alllowercase1", "ALLUPPERCASE1", "NoDigitsHere"])
    def test_weak_passwords(self, weak: str) -> None:
        with pytest.raises(BadRequest):
            guests.check_password(weak)

    def test_made_passwords_are_good_ones(self) -> None:
        made = guests.make_password(lambda alphabet: alphabet[0])
        assert guests.check_password(made) == made

    def test_user_data(self) -> None:
        assert guests.check_user_data(None) == ""
        assert guests.check_user_data("YWJj\nZGVm") == "YWJj\nZGVm"
        for bad in ("%%%", "A" * 65536):
            with pytest.raises(BadRequest):
                guests.check_user_data(bad)

    def test_files(self) -> None:
        small = InjectedFile(path="/a", contents=base64.b64encode(b"x").decode())
        guests.check_files([small], count=1, size=10)
        with pytest.raises(OverLimit):
            guests.check_files([small, small], count=1, size=10)
        large = InjectedFile(path="/a", contents=base64.b64encode(bytes(20)).decode())
        with pytest.raises(OverLimit):
            guests.check_files([large], count=1, size=10)

    def test_metadata(self) -> None:
        assert guests.check_metadata({"a": 1, "b": "x"}, 2) == {"a": "1", "b": "x"}
        bad: list[dict[str, object]] = [
            {"a": 1, "b": 2, "c": 3},
            {"": "x"},
            {"k" * 51: "x"},
            {"a": "v" * 501},
            {"a": None},
            {"a": True},
        ]
        for items in bad:
            with pytest.raises(BadRequest):
                guests.check_metadata(items, 2)

    def test_tags(self) -> None:
        assert guests.check_tags(["a", "b", "a"], 2) == ["a", "b"]
        for tags in (["a", "b", "c"], [""], ["x" * 61], ["a/b"], ["a,b"]):
            with pytest.raises(BadRequest):
                guests.check_tags(tags, 2)

    def test_host_names(self) -> None:
        assert guests.hostname_of("My Web Server!") == "my-web-server"
        assert guests.hostname_of("Ωμέγα") == "server"
        assert len(guests.hostname_of("a" * 100)) == 63


def an_order(*devices: BlockDevice, image: str | None = None) -> ServerOrder:
    return ServerOrder(name="x", flavor="1", image=image, block_devices=devices)


class TestPlans:
    SIZE = FlavorSize(cpu=1, ram=512, disk=5)
    IMAGE = BootSource(id="im", size_bytes=2 * GIB, map_name="map")

    def test_the_image_comes_from_the_order_or_its_first_disk(self) -> None:
        device = BlockDevice(source_type="image", uuid="im")
        assert server_plan.image_of(an_order(image="im")) == "im"
        assert server_plan.image_of(an_order(device)) == "im"
        assert server_plan.image_of(an_order(device, image="im")) == "im"
        for order in (
            an_order(),
            an_order(device, image="other"),
            an_order(BlockDevice(source_type="blank", volume_size=1), image="im"),
            an_order(BlockDevice(source_type="volume", uuid="7")),
        ):
            with pytest.raises(BadRequest):
                server_plan.image_of(order)

    def test_the_root_disk_has_the_flavors_size(self) -> None:
        (disk,) = server_plan.disks(an_order(image="im"), self.SIZE, self.IMAGE, 100)
        assert (disk.size, disk.source, disk.origin) == (5, "image:im", "map")

    def test_a_flavor_without_disk_takes_what_the_image_needs(self) -> None:
        size = FlavorSize(cpu=1, ram=512, disk=0)
        (disk,) = server_plan.disks(an_order(image="im"), size, self.IMAGE, 100)
        assert disk.size == 2

    def test_the_device_with_boot_index_0_boots(self) -> None:
        blank = BlockDevice(volume_size=3, boot_index=1, delete_on_termination=False)
        root = BlockDevice(source_type="image", uuid="im", volume_size=9, boot_index=0)
        order = an_order(blank, root, image="im")
        first, second = server_plan.disks(order, self.SIZE, self.IMAGE, 100)
        assert (first.size, second.size, second.delete_on_termination) == (9, 3, False)

    def test_what_does_not_fit_is_refused(self) -> None:
        large = BootSource(id="im", size_bytes=9 * GIB)
        hungry = BootSource(id="im", size_bytes=1, min_ram=1024)
        wide = BootSource(id="im", size_bytes=1, min_disk=6)
        for image in (large, hungry, wide):
            with pytest.raises(BadRequest):
                server_plan.disks(an_order(image="im"), self.SIZE, image, 100)
        root = BlockDevice(source_type="image", uuid="im", volume_size=101)
        for device in (
            root,
            BlockDevice(source_type="blank"),
            BlockDevice(source_type="blank", volume_size=101),
            BlockDevice(source_type="snapshot", uuid="1"),
        ):
            devices = (device,) if device is root else (BlockDevice(source_type="image"), device)
            with pytest.raises(BadRequest):
                server_plan.disks(an_order(*devices), self.SIZE, self.IMAGE, 100)

    def test_names(self) -> None:
        assert server_plan.check_name(" web ") == "web"
        for bad in ("", "  ", "x" * 256):
            with pytest.raises(BadRequest):
                server_plan.check_name(bad)


class TestNames:
    @given(st.integers(min_value=1, max_value=2**63 - 1))
    def test_every_name_reads_back(self, number: int) -> None:
        for write, read in (
            (names.instance, names.server_of),
            (names.network, names.network_of),
            (names.nic, names.nic_of),
            (names.volume, names.volume_of),
        ):
            assert read("snf-", write("snf-", number)) == number

    @pytest.mark.parametrize("name", ["", "other-1", "snf-", "snf-1a", "snf-net-1", "snf-\u0661"])
    def test_other_names_are_not_ours(self, name: str) -> None:
        assert names.server_of("snf-", name) is None

    def test_the_routing_prefix_ends_at_the_dash(self) -> None:
        assert names.routing_prefix("snf-") == "snf"


class TestCiphers:
    @given(st.text(max_size=40), st.text(max_size=50))
    def test_every_password_reads_back(self, plain: str, key: str) -> None:
        stored = ciphers.encrypt(plain, key)
        assert ciphers.decrypt(stored, key) == plain
        assert stored.startswith("encrypted:")

    def test_plain_text_stays_and_another_key_is_noticed(self) -> None:
        assert ciphers.decrypt("plain", "key") == "plain"
        stored = ciphers.encrypt("secret", "key")
        iv, _, rest = stored.partition(":")[2].partition(":")
        swapped = f"encrypted:{iv}:othersal${rest.partition('$')[2]}"
        with pytest.raises(ciphers.CorruptedPassword):
            ciphers.decrypt(swapped, "key")
        for broken in (stored, "encrypted:AAAA:salt$AAAA"):
            with pytest.raises(ciphers.CorruptedPassword):
                ciphers.decrypt(broken, "another key")
