"""Commissions over HTTP; for components only. Spec: identity 8.5 to 8.9."""

from synnefo.astakos.api.account.schemas import (
    Failure,
    NewCommission,
    PendingCommission,
    Resolved,
    Serial,
    Verdicts,
)
from synnefo.astakos.api.bodies import check_json
from synnefo.astakos.usecases import callers, commissions
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.serve.http import Call, Reply


def issue_commission(call: Call, body: NewCommission) -> Serial:
    """Promise resources to a component, all provisions or none, and answer the serial."""
    check_json(call)
    component = callers.component_name(call.who)
    order = commissions.Order(
        provisions=body.provisions,
        name=body.name,
        force=body.force,
        auto_accept=body.auto_accept,
    )
    return Serial(commissions.issue(component, order))


def list_commissions(call: Call) -> list[int]:
    """List the component's serials that wait for a verdict."""
    return commissions.pending(callers.component_name(call.who))


def show_commission(call: Call, serial: int) -> PendingCommission | Reply:
    """Show one pending commission of the component; 404 without a body otherwise."""
    try:
        found, provisions = commissions.show(callers.component_name(call.who), serial)
    except ItemNotFound:
        return Reply(status=404)
    return PendingCommission(found.serial, found.issue_datetime, found.name, provisions)


def act_on_commission(call: Call, serial: int, body: dict[str, object]) -> Reply:
    """Accept or reject one commission: exactly one of the two keys, whatever its value."""
    check_json(call)
    component = callers.component_name(call.who)
    verdicts = [key for key in ("accept", "reject") if key in body]
    if len(verdicts) != 1:
        raise BadRequest("Send either 'accept' or 'reject'.")
    accepts = verdicts == ["accept"]
    reason = body[verdicts[0]]
    done = commissions.resolve(
        component,
        [serial] if accepts else [],
        [] if accepts else [serial],
        reason if isinstance(reason, str) else "",
    )
    return Reply(status=404 if done.not_found else 200)


def resolve_commissions(call: Call, body: Verdicts) -> Resolved:
    """Accept and reject many commissions; the ones that fail are told with the reason."""
    check_json(call)
    done = commissions.resolve(callers.component_name(call.who), body.accept, body.reject)
    conflicting = Failure(400, "The serial is in both lists.")
    unknown = Failure(404, "There is no pending commission with this serial.")
    return Resolved(
        done.accepted,
        done.rejected,
        [(serial, {"badRequest": conflicting}) for serial in done.conflicting]
        + [(serial, {"itemNotFound": unknown}) for serial in done.not_found],
    )
