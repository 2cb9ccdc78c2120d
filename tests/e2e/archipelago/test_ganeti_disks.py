"""Archipelago's disks on real Ganeti: machines cloned, migrated, grown, failed over."""

import base64
import json
import re
from collections.abc import Callable, Iterator

import pytest

from synnefo.archipelago.volume import open_volume
from synnefo.cyclades.domain.instances import DiskSpec, Guest, InstanceSpec, JobFacts, is_final
from synnefo.cyclades.engines.ganeti import GanetiCompute, Habits
from tests.e2e.guest.machine import eventually
from tests.support.ganeti import Cluster, Node, Ran
from tests.support.ganeti_disks import PROVIDER, Disks, equipped
from tests.support.ganeti_fixture import three_nodes

__all__ = ["three_nodes"]
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_ganeti,
    pytest.mark.needs_qemu,
    pytest.mark.needs_root,
    pytest.mark.timeout(900),
]

SLOTS = 1900
DISK = 128 << 20
SLOT = 512
FIRST = DISK - 2000 * SLOT
"""Behind the last partition lies a MiB that nobody uses; the guest writes its lines there."""
WRITER = rf"""#!/bin/sh
cat > "$1/sbin/writer" <<'END'
#!/bin/sh
n=0
while :; do
	read up rest < /proc/uptime
	printf '%07d %s\n' $n "$up" | dd of=/dev/vda bs={SLOT} \
		seek=$(({FIRST // SLOT} + n % {SLOTS})) conv=notrunc,fsync,sync 2>/dev/null
	n=$((n + 1))
	usleep 20000
done
END
chmod 755 "$1/sbin/writer"
echo '::once:/sbin/writer' >> "$1/etc/inittab"
"""
MOST_PAUSE_MS = 500
FORGOTTEN = JobFacts(id=0, status="queued", opcode="")
PATIENCE = 240
NAME = "arch-road"


@pytest.fixture(scope="module")
def disks(three_nodes: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disks]:
    with equipped(three_nodes, tmp_path_factory.mktemp("disks")) as disks:
        yield disks


def log_of(node: Node) -> list[dict[str, object]]:
    text = node.run("cat", "/var/log/archipelago/archipelago.log", check=False).out
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def waits(node: Node, volume: str) -> list[int]:
    """List how long writes waited for the lease on a node, in ms."""
    return [
        int(str(one["waited_ms"]))
        for one in log_of(node)
        if one["event"] == "lease taken" and one["volume"] == volume
    ]


def lines_of(disks: Disks, volume: str) -> list[int]:
    """Read what the guest wrote and answer the numbers of its lines; none may be torn."""
    found = open_volume(disks.shelf, volume, writing=False)
    try:
        data = bytes(found.read(FIRST, SLOTS * SLOT))
    finally:
        found.close()
    lines = [data[at : at + SLOT].rstrip(b"\0\n").decode() for at in range(0, len(data), SLOT)]
    for line in lines:
        assert not line or re.fullmatch(r"\d{7} \d+\.\d+", line), line
    return sorted(int(line.split()[0]) for line in lines if line)


def check_lines(numbers: list[int]) -> None:
    """Every line is there up to the last one, as far back as the guest has kept them."""
    assert len(numbers) > 20
    last = numbers[-1]
    assert numbers == list(range(max(0, last - SLOTS + 1), last + 1))


def modify(disks: Disks, name: str, *changes: list[object]) -> None:
    body = {"disks": list(changes), "hotplug": True}
    disks.job("PUT", f"/instances/{name}/modify", body)


def goes_on(disks: Disks, volume: str, more: int = 20) -> Callable[[], bool]:
    """Answer a question: has the guest written so many lines since it was first asked?"""
    begun = (lines_of(disks, volume) or [-1])[-1]
    return lambda: (lines_of(disks, volume) or [-1])[-1] >= begun + more


def freeze(node: Node, volume: str, name: str, *, check: bool = True) -> Ran:
    """Have the provider take a snapshot."""
    told = {"VOL_NAME": volume, "VOL_SNAPSHOT_NAME": name}
    return node.run(f"{PROVIDER}/snapshot", env=told, check=check)


def test_a_machine_with_archipelago_disks_lives_through_everything(disks: Disks) -> None:
    first, second, third = disks.cluster.nodes
    task = base64.b64encode(WRITER.encode()).decode()
    before = sum(1 for _ in (disks.place / "blocks").rglob("*"))
    disks.create(NAME, node=1, properties={"custom_task": task}, hostname="road")
    assert disks.facts(NAME)["status"] == "running"
    assert sum(1 for _ in (disks.place / "blocks").rglob("*")) <= before + 2, "nothing is copied"
    volume = disks.volume(NAME)
    eventually(goes_on(disks, volume, 25), PATIENCE)

    done = freeze(second, volume, "early", check=False)
    assert done.code == 1, "a node that does not run the machine cannot freeze its disk"
    freeze(first, volume, "snap-1")

    modify(disks, NAME, ["add", -1, {"size": 8, "provider": "archipelago", "name": "arch-vol-9"}])
    modify(disks, NAME, ["modify", "arch-vol-9", {"reuse_data": "keep"}])
    modify(disks, NAME, ["remove", "arch-vol-9", {}])
    assert "arch-vol-9" in set(disks.shelf.names())
    again = {"size": 16, "provider": "archipelago", "name": "arch-vol-9", "reuse_data": "True"}
    modify(disks, NAME, ["add", -1, again])
    assert disks.facts(NAME)["disk.sizes"] == [128, 16]
    disks.job("POST", f"/instances/{NAME}/disk/0/grow", {"amount": 32})
    assert disks.shelf.header(volume).size == 160 << 20

    before = lines_of(disks, volume)
    disks.job(
        "PUT",
        f"/instances/{NAME}/migrate",
        {"mode": "live", "target_node": second.fqdn, "allow_failover": False},
    )
    assert disks.facts(NAME)["pnode"] == second.fqdn
    assert disks.facts(NAME)["status"] == "running"
    assert disks.shelf.leases.owner(volume) == second.fqdn
    assert max(waits(second, volume), default=0) <= MOST_PAUSE_MS
    after = lines_of(disks, volume)
    check_lines(after)
    assert after[-1] >= before[-1]

    last = lines_of(disks, volume)[-1]
    fail_over(disks, second, third)
    assert lines_of(disks, volume)[-1] >= last
    assert disks.facts(NAME)["status"] == "running"
    assert disks.facts(NAME)["pnode"] == third.fqdn
    assert disks.shelf.leases.owner(volume) == third.fqdn
    disks.job("PUT", f"/instances/{NAME}/shutdown", {"timeout": 0})
    check_lines(lines_of(disks, volume))
    check_lines(lines_of(disks, "snap-1"))
    disks.remove(NAME)
    living = [info for info in disks.shelf.names() if _lives(disks, info)]
    assert living == ["snap-1"]


def _lives(disks: Disks, name: str) -> bool:
    header = disks.shelf.any_header(name)
    return header is not None and not header.is_deleted


def fail_over(disks: Disks, dead: Node, target: Node) -> None:
    """Pull the plug of the machine's node, say so to the cluster, start it elsewhere."""
    master = disks.cluster.master
    dead.power_off()
    try:
        master.run("gnt-node", "modify", "--offline=yes", "--auto-promote", dead.fqdn)
        body = {"ignore_consistency": True, "target_node": target.fqdn}
        disks.job("PUT", f"/instances/{NAME}/failover", body)
    finally:
        dead.power_on()
        master.run("gnt-node", "add", "--readd", "--no-ssh-key-check", dead.fqdn, check=False)
        master.run("gnt-node", "modify", "--offline=no", dead.fqdn, check=False)


def test_the_engine_plugs_keeps_grows_and_purges_disks(disks: Disks) -> None:
    """What Cyclades asks of volumes, each as one job, on a machine that is switched off."""
    quiet = {"os": "snf-image+default", "hvparams": {"kvm": {"serial_console": False}}}
    engine = GanetiCompute(disks.rapi, Habits(create_extra=quiet))
    root = DiskSpec(name="arch-root", size_mib=8, provider="archipelago")
    data = DiskSpec(
        name="arch-data", size_mib=8, provider="archipelago", extra={"reuse_data": "False"}
    )
    spec = InstanceSpec(
        name="arch-off",
        vcpus=1,
        memory_mib=64,
        disk_template="ext",
        disks=(root,),
        guest=Guest(server_uuid="u", hostname="off"),
        image_id="null",
        image_properties={"exclude_all_tasks": "yes"},
    )

    def done(job: int) -> None:
        eventually(lambda: is_final((engine.job(job) or FORGOTTEN).status), PATIENCE)
        facts = engine.job(job)
        assert facts is not None
        assert facts.status == "success", facts.reason

    done(engine.create(spec))
    done(engine.stop("arch-off", timeout=0))
    done(engine.attach_disk("arch-off", data, hotplug=False))
    done(engine.grow_disk("arch-off", "arch-data", 8))
    facts = engine.instance("arch-off")
    assert facts is not None
    assert [disk.size_mib for disk in facts.disks] == [8, 16]
    done(engine.detach_disk("arch-off", "arch-data", keep=True, hotplug=False))
    assert disks.shelf.header("arch-data").size == 16 << 20
    kept = DiskSpec(
        name="arch-data", size_mib=16, provider="archipelago", extra={"reuse_data": "True"}
    )
    done(engine.attach_disk("arch-off", kept, hotplug=False))
    assert not _lives(disks, "arch-data")
    done(engine.detach_disk("arch-off", "arch-data", keep=True, hotplug=False))
    done(engine.purge_disk("arch-helper", kept))
    assert not _lives(disks, "arch-data")
    assert disks.rapi.get("/instances/arch-helper") is None
    disks.remove("arch-off")
