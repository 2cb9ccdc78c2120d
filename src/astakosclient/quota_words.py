"""A refused commission in the words of people. Spec: identity 19."""

from typing import Any

from synnefo.kit.units import human_size

WORDS = {
    "cyclades.disk": "Disk",
    "cyclades.vm": "Virtual Machine",
    "cyclades.cpu": "CPU",
    "cyclades.total_cpu": "CPU",
    "cyclades.ram": "RAM",
    "cyclades.total_ram": "RAM",
    "cyclades.floating_ip": "Floating IP address",
    "cyclades.network.private": "Private Network",
    "pithos.diskspace": "Storage space",
    "astakos.pending_app": "Pending Applications",
}
_IN_BYTES = {"cyclades.disk", "cyclades.ram", "cyclades.total_ram", "pithos.diskspace"}


def told(data: dict[str, Any]) -> tuple[str, str]:
    """Answer the message and the details of a refusal: what, how much is left, how much asked."""
    provision = data.get("provision") or {}
    name = str(provision.get("resource", ""))
    word = WORDS.get(name, name or "Resource")
    left = max(int(data.get("limit", 0)) - int(data.get("usage", 0)), 0)
    asked = int(provision.get("quantity", 0))
    shown = human_size if name in _IN_BYTES else str
    details = f"{word} limit exceeded: {shown(left)} available, {shown(asked)} requested."
    return f"Resource limit exceeded: {word}", details
