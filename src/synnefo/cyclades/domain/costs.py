"""What servers and volumes cost, in the units of the quota service.

Spec: compute 13.1. Quantities are per resource; RAM and disk in bytes.
"""

import msgspec

from synnefo.cyclades.domain.server_states import State
from synnefo.kit.units import GIB, MIB

VM = "cyclades.vm"
CPU = "cyclades.cpu"
TOTAL_CPU = "cyclades.total_cpu"
RAM = "cyclades.ram"
TOTAL_RAM = "cyclades.total_ram"
DISK = "cyclades.disk"

Charge = dict[str, int]

RUNNING = frozenset({State.STARTED, State.BUILD, State.ERROR})


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How large a server is: processors, memory in MiB, all its volumes in GiB."""

    cpu: int
    ram: int
    disk: int = 0


def of_new_server(size: Size) -> Charge:
    """Charge a server that is being built, volumes included."""
    return {
        VM: 1,
        TOTAL_CPU: size.cpu,
        TOTAL_RAM: size.ram * MIB,
        **_active(size),
        **of_volumes(size.disk),
    }


def of_transition(before: State, after: State, size: Size) -> Charge:
    """Charge what changes when a server goes from one state to another."""
    if before is after or before is State.DESTROYED:
        return {}
    if after is State.DESTROYED:
        return {key: -value for key, value in of_existing(before, size).items()}
    if (before in RUNNING) is (after in RUNNING):
        return {}
    return _active(size, 1 if after in RUNNING else -1)


def of_existing(state: State, size: Size) -> Charge:
    """Charge what a server in this state holds."""
    held = {VM: 1, TOTAL_CPU: size.cpu, TOTAL_RAM: size.ram * MIB, **of_volumes(size.disk)}
    return {**held, **_active(size)} if state in RUNNING else held


def of_resize(state: State, old: Size, new: Size) -> Charge:
    """Charge the difference between two sizes."""
    cpu, ram = new.cpu - old.cpu, (new.ram - old.ram) * MIB
    charge = {TOTAL_CPU: cpu, TOTAL_RAM: ram}
    if state in RUNNING:
        charge |= {CPU: cpu, RAM: ram}
    return {key: value for key, value in charge.items() if value}


def of_volumes(gib: int) -> Charge:
    """Charge volumes of so many GiB together."""
    return {DISK: gib * GIB} if gib else {}


def _active(size: Size, sign: int = 1) -> Charge:
    return {CPU: sign * size.cpu, RAM: sign * size.ram * MIB}
