"""Floating IPs over HTTP. Spec: network 5.5."""

from synnefo.cyclades.api.network import views
from synnefo.cyclades.api.network.schemas import Action, CreateFloatingIp
from synnefo.cyclades.api.network.selection import narrowed, select
from synnefo.cyclades.api.network.views import View
from synnefo.cyclades.models import IPAddress
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import floating_ips
from synnefo.cyclades.usecases.floating_ips import FloatingIpOrder
from synnefo.kit import conf
from synnefo.kit.faults import NotImplementedHere
from synnefo.serve.http import Call, Reply
from synnefo.serve.http.paging import changes_since


def list_floating_ips(call: Call) -> View | Reply:
    """List the caller's floating IPs."""
    rows = IPAddress.objects.visible_to(call.who).floating().select_related("port")
    since = changes_since(call, poll_limit=conf.of(CycladesSettings).poll_limit)
    rows = rows.live() if since is None else rows.filter(updated__gte=since)
    found = [views.of_floating_ip(ip) for ip in rows]
    if since is not None and not found:
        return Reply(status=304)
    return select(call, "floatingips", found)


def show_floating_ip(call: Call, ip_id: str) -> View:
    """Show one floating IP."""
    found = floating_ips.visible(call.who, ip_id)
    return {"floatingip": narrowed(call, views.of_floating_ip(found))}


def create_floating_ip(call: Call, body: CreateFloatingIp) -> View:
    """Reserve a public address."""
    asked = body.floatingip
    made = floating_ips.create(
        call.who,
        FloatingIpOrder(
            network_id=asked.floating_network_id,
            address=asked.floating_ip_address,
            project=asked.project,
            shared_to_project=asked.shared_to_project,
            description=asked.description,
        ),
    )
    return {"floatingip": views.of_floating_ip(made)}


def update_floating_ip(call: Call, ip_id: str) -> None:
    """Refuse: a floating IP is attached by making a port with its address."""
    floating_ips.visible(call.who, ip_id)
    raise NotImplementedHere(
        "Attach a floating IP by making a port with its address, detach it by deleting the port."
    )


def delete_floating_ip(call: Call, ip_id: str) -> None:
    """Give a floating IP back."""
    floating_ips.delete(call.who, ip_id)


def act_on_floating_ip(call: Call, ip_id: str, body: Action) -> View:
    """Move a floating IP to another project."""
    changed = floating_ips.reassign(
        call.who,
        ip_id,
        project=body.reassign.project,
        shared_to_project=body.reassign.shared_to_project,
    )
    return {"floatingip": views.of_floating_ip(changed)}
