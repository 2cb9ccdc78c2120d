"""Faults as this service writes them, in the operators' words. Spec: identity 5, 8.5, 18.9."""

import msgspec

from synnefo.astakos.domain import ledger
from synnefo.astakos.usecases import messages
from synnefo.kit.faults import Conflict, Fault
from synnefo.serve.http import COMPUTE, IDENTITY


class Told(msgspec.Struct, omit_defaults=True):
    """The inside of a fault; `data` is for programs."""

    code: int
    message: str
    details: str | None = None
    data: ledger.LedgerData | None = None


def ASTAKOS(fault: Fault) -> tuple[bytes, str]:  # noqa: N802 - names a style, like a constant
    """Write `{"overLimit": {"code", "message", "details", "data"}}`; data only of the ledger."""
    fault.message = messages.reworded(fault.message)
    data = ledger.data_of(fault)
    if data is None and not isinstance(fault, Conflict):
        return COMPUTE(fault)
    name = "conflict" if isinstance(fault, Conflict) else fault.name
    told = Told(fault.status, fault.message, fault.details, data)
    return msgspec.json.encode({name: told}), "application/json"


def PAGES(fault: Fault) -> tuple[bytes, str]:  # noqa: N802 - names a style, like a constant
    """Write `{"error": {"code", "title", "message"}}`, as Identity v3 does."""
    fault.message = messages.reworded(fault.message)
    return IDENTITY(fault)
