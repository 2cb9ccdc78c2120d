"""What networks and floating IPs cost. Spec: compute 13.1, network 17."""

from synnefo.cyclades.domain.costs import Charge

PRIVATE_NETWORK = "cyclades.network.private"
FLOATING_IP = "cyclades.floating_ip"


def of_network(*, public: bool) -> Charge:
    """Charge a new network; public ones are free."""
    return {} if public else {PRIVATE_NETWORK: 1}


def of_deleted_network(*, public: bool) -> Charge:
    """Give back what a network held."""
    return {} if public else {PRIVATE_NETWORK: -1}


def of_floating_ip() -> Charge:
    """Charge a new floating IP."""
    return {FLOATING_IP: 1}


def of_deleted_floating_ip() -> Charge:
    """Give back what a floating IP held."""
    return {FLOATING_IP: -1}
