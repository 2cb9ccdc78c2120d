"""Which leases a network's dnsmasq keeps."""

from pathlib import Path

from synnefo.node.solo import leases
from synnefo.node.solo.leases import Lease

MINE = "0 aa:00:00:00:00:01 10.0.0.2 one 01:aa:00:00:00:00:01\n"
SIXTH = "duid 00:01:00:01:2e\n0 1 fd00::2 one 00:01\n"


def test_an_address_is_taken_from_who_had_it_before(tmp_path: Path) -> None:
    file = tmp_path / "leases"
    gone = "0 aa:00:00:00:00:02 10.0.0.3 two 01:aa:00:00:00:00:02\n"
    file.write_text(MINE + gone + SIXTH)
    heirs = [Lease("AA:00:00:00:00:01", "10.0.0.2", "one"), Lease("bb:0", "10.0.0.3", "heir")]
    assert leases.prune(tmp_path, heirs)
    assert file.read_text() == MINE + SIXTH


def test_leases_of_their_owners_stay(tmp_path: Path) -> None:
    assert not leases.prune(tmp_path, [])
    (tmp_path / "leases").write_text(MINE + SIXTH)
    assert not leases.prune(tmp_path, [Lease("aa:00:00:00:00:01", "10.0.0.2", "one")])
    assert (tmp_path / "leases").read_text() == MINE + SIXTH
