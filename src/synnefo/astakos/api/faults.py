"""Faults as the platform's own identity calls write them. Spec: identity 5, 8.5."""

import msgspec

from synnefo.astakos.domain import ledger
from synnefo.kit.faults import Conflict, Fault
from synnefo.serve.http import COMPUTE


class Told(msgspec.Struct, omit_defaults=True):
    """The inside of a fault; `data` is for programs."""

    code: int
    message: str
    details: str | None = None
    data: ledger.LedgerData | None = None


def ASTAKOS(fault: Fault) -> tuple[bytes, str]:  # noqa: N802 - names a style, like a constant
    """Write `{"overLimit": {"code", "message", "details", "data"}}`; data only of the ledger."""
    data = ledger.data_of(fault)
    if data is None and not isinstance(fault, Conflict):
        return COMPUTE(fault)
    name = "conflict" if isinstance(fault, Conflict) else fault.name
    told = Told(fault.status, fault.message, fault.details, data)
    return msgspec.json.encode({name: told}), "application/json"
