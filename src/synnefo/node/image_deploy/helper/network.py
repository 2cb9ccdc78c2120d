"""The task that configures the guest's network cards. Spec: images-and-nodes 1.10."""

import ipaddress
from dataclasses import dataclass

from synnefo.node.image_deploy.helper import cloud
from synnefo.node.image_deploy.helper.rules import Card, Rules
from synnefo.node.image_deploy.helper.work import Work, distribution

_V6 = {"dhcpv6": "dhcp", "slaac": "slaac", "slaac_dhcp": "slaac_dhcp"}


@dataclass(frozen=True)
class Plan:
    """How one card comes to its addresses: `v4` is dhcp, static or nothing, `v6` likewise."""

    card: Card
    v4: str = ""
    v6: str = ""

    @property
    def name(self) -> str:
        """Tell the name of the card in the guest."""
        return f"eth{self.card.index}"

    @property
    def address(self) -> str:
        """Give the static address with its prefix length."""
        length = ipaddress.ip_network(self.card.subnet, strict=False).prefixlen
        return f"{self.card.ip}/{length}"


def plans(rules: Rules) -> list[Plan]:
    """Decide for every card. A lone card of which nothing is known does as the operator says."""
    made = [_plan(rules, card) for card in rules.cards]
    if len(made) == 1 and not made[0].v4 and not made[0].v6:
        return [_default(made[0].card, rules.default_card)]
    return made


def _plan(rules: Rules, card: Card) -> Plan:
    tags = set(card.tags)
    v4 = v6 = ""
    if card.ip:
        v4 = "dhcp" if tags & set(rules.dhcp_tags) or not card.subnet else "static"
    if card.gateway6:
        v6 = "slaac"
        if tags & set(rules.stateful_tags):
            v6 = "dhcp"
        elif tags & set(rules.stateless_tags):
            v6 = "slaac_dhcp"
    return Plan(card, v4, v6)


def _default(card: Card, wish: str) -> Plan:
    first, _, second = wish.partition("+")
    if first == "dhcp":
        return Plan(card, "dhcp", _V6.get(second, ""))
    return Plan(card, "", _V6.get(first, ""))


def configure_network(work: Work) -> None:
    """Write the cards' configuration for whatever sets them up in the image."""
    wanted = plans(work.rules)
    tree = work.tree
    kind = distribution(tree)
    if work.rules.says("NM_NETWORKING"):
        _network_manager(work, wanted)
    elif kind == "debian" and tree.is_folder("/etc/network"):
        _ifupdown(work, wanted)
    elif kind == "redhat" and tree.is_folder("/etc/sysconfig/network-scripts"):
        _ifcfg(work, wanted)
    elif work.rules.is_cloud_init:
        _cloud(work, wanted)
        return
    elif tree.is_folder("/etc/systemd/network"):
        _networkd(work, wanted)
    else:
        work.report.warn("Nothing that we know sets up network cards in this image.")
        return
    if tree.is_folder("/etc/cloud"):
        cloud.configure(work, "network", {"network": {"config": "disabled"}})


def _ifupdown(work: Work, wanted: list[Plan]) -> None:
    lines = ["auto lo", "iface lo inet loopback", ""]
    for plan in wanted:
        lines.append(f"auto {plan.name}")
        if plan.v4 == "dhcp":
            lines.append(f"iface {plan.name} inet dhcp")
        elif plan.v4 == "static":
            lines += [f"iface {plan.name} inet static", f"\taddress {plan.address}"]
            lines += [f"\tgateway {plan.card.gateway}"] if plan.card.gateway else []
        if plan.v6:
            lines.append(f"iface {plan.name} inet6 {'dhcp' if plan.v6 == 'dhcp' else 'auto'}")
            lines += ["\tdhcp 1"] if plan.v6 == "slaac_dhcp" else []
        lines.append("")
    work.tree.set_aside("/etc/network/interfaces")
    work.tree.write("/etc/network/interfaces", "\n".join(lines))


def _ifcfg(work: Work, wanted: list[Plan]) -> None:
    folder = "/etc/sysconfig/network-scripts"
    for name in work.tree.names(folder):
        if name.startswith("ifcfg-") and name != "ifcfg-lo":
            work.tree.set_aside(f"{folder}/{name}")
    for plan in wanted:
        facts = {"DEVICE": plan.name, "ONBOOT": "yes", "BOOTPROTO": plan.v4 or "none"}
        facts |= {"HWADDR": plan.card.mac} if plan.card.mac else {}
        if plan.v4 == "static":
            interface = ipaddress.ip_interface(plan.address)
            facts |= {"IPADDR": plan.card.ip, "NETMASK": str(interface.netmask)}
            facts |= {"GATEWAY": plan.card.gateway} if plan.card.gateway else {}
        if plan.v6:
            facts |= {"IPV6INIT": "yes", "IPV6_AUTOCONF": "no" if plan.v6 == "dhcp" else "yes"}
            facts |= {} if plan.v6 == "slaac" else {"DHCPV6C": "yes"}
        text = "".join(f"{key}={value}\n" for key, value in facts.items())
        work.tree.write(f"{folder}/ifcfg-{plan.name}", text)


def _network_manager(work: Work, wanted: list[Plan]) -> None:
    folder = "/etc/NetworkManager/system-connections"
    work.tree.make_folder(folder, mode=0o700)
    for name in work.tree.names(folder):
        work.tree.set_aside(f"{folder}/{name}")
    for plan in wanted:
        lines = ["[connection]", f"id=snf-{plan.name}", "type=ethernet", "", "[ethernet]"]
        lines += [f"mac-address={plan.card.mac}"] if plan.card.mac else []
        lines += ["", "[ipv4]", *_manager_v4(plan), "", "[ipv6]"]
        lines.append({"dhcp": "method=dhcp", "": "method=link-local"}.get(plan.v6, "method=auto"))
        path = f"{folder}/snf-{plan.name}.nmconnection"
        work.tree.write(path, "\n".join([*lines, ""]), mode=0o600)


def _manager_v4(plan: Plan) -> list[str]:
    if plan.v4 != "static":
        return ["method=auto" if plan.v4 == "dhcp" else "method=disabled"]
    route = f",{plan.card.gateway}" if plan.card.gateway else ""
    return ["method=manual", f"address1={plan.address}{route}"]


def _networkd(work: Work, wanted: list[Plan]) -> None:
    for plan in wanted:
        match = f"MACAddress={plan.card.mac}" if plan.card.mac else f"Name={plan.name}"
        dhcp = {(True, True): "yes", (True, False): "ipv4", (False, True): "ipv6"}.get(
            (plan.v4 == "dhcp", plan.v6 == "dhcp"), "no"
        )
        lines = ["[Match]", match, "", "[Network]", f"DHCP={dhcp}"]
        lines.append(f"IPv6AcceptRA={'yes' if plan.v6 else 'no'}")
        if plan.v4 == "static":
            lines.append(f"Address={plan.address}")
            lines += [f"Gateway={plan.card.gateway}"] if plan.card.gateway else []
        path = f"/etc/systemd/network/10-snf-{plan.name}.network"
        work.tree.write(path, "\n".join([*lines, ""]))


def _cloud(work: Work, wanted: list[Plan]) -> None:
    """Tell cloud-init in the second version of its network words."""
    cards: dict[str, object] = {}
    for plan in wanted:
        facts: dict[str, object] = {"match": {"macaddress": plan.card.mac}}
        facts |= {"dhcp4": plan.v4 == "dhcp", "dhcp6": plan.v6 in {"dhcp", "slaac_dhcp"}}
        facts |= {"accept-ra": bool(plan.v6)}
        if plan.v4 == "static":
            facts["addresses"] = [plan.address]
            if plan.card.gateway:
                facts["gateway4"] = plan.card.gateway
        cards[plan.name] = facts
    config: dict[str, object] = {"network": {"version": 2, "ethernets": cards}}
    cloud.configure(work, "network", config)
