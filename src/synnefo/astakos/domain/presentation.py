"""How resources are shown: order, groups, names and helps. Spec: identity 17.2."""

from collections.abc import Iterable, Mapping

import msgspec

ORDER = (
    "pithos.diskspace",
    "cyclades.disk",
    "cyclades.total_cpu",
    "cyclades.cpu",
    "cyclades.total_ram",
    "cyclades.ram",
    "cyclades.vm",
    "cyclades.network.private",
    "cyclades.floating_ip",
    "astakos.pending_app",
)
GROUPS = ("storage", "compute", "network", "accounts")


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """How one resource is shown; a name that is an abbreviation is written in capitals."""

    name: str
    group: str = "accounts"
    verbose_name: str = ""
    is_abbreviation: bool = False
    report_desc: str = ""
    placeholder: str = ""
    help_text: str = ""
    help_text_input_each: str = ""
    help_text_input_total: str = ""

    @property
    def shown_name(self) -> str:
        """Answer the name as pages write it."""
        return self.verbose_name.upper() if self.is_abbreviation else self.verbose_name


class Group(msgspec.Struct, frozen=True):
    """A heading over some resources."""

    name: str
    label: str


def _known(group: str, noun: str, told: str, sample: str, **more: object) -> dict[str, object]:
    return {
        "group": group,
        "verbose_name": noun,
        "report_desc": told,
        "placeholder": f"such as {sample}",
        "help_text": f"{told}.",
        "help_text_input_each": f"The most that each member may have: {told.lower()}.",
        "help_text_input_total": f"The most that all members together may have: {told.lower()}.",
        **more,
    }


KNOWN: dict[str, dict[str, object]] = {
    "pithos.diskspace": _known("storage", "storage space", "Space for files", "10GB"),
    "cyclades.disk": _known("compute", "system disk", "Space on disks of machines", "40GB"),
    "cyclades.total_cpu": _known(
        "compute", "total cpu", "Processors of all machines", "8", is_abbreviation=True
    ),
    "cyclades.cpu": _known(
        "compute", "cpu", "Processors of running machines", "8", is_abbreviation=True
    ),
    "cyclades.total_ram": _known(
        "compute", "total ram", "Memory of all machines", "16GB", is_abbreviation=True
    ),
    "cyclades.ram": _known(
        "compute", "ram", "Memory of running machines", "16GB", is_abbreviation=True
    ),
    "cyclades.vm": _known("compute", "vm", "Virtual machines", "5", is_abbreviation=True),
    "cyclades.network.private": _known("network", "private network", "Private networks", "2"),
    "cyclades.floating_ip": _known("network", "public ip", "Public addresses", "1"),
    "astakos.pending_app": _known("accounts", "pending application", "Applications waiting", "3"),
}
LABELS = {group: group.capitalize() for group in GROUPS}


def merge(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Lay one tree of settings over another, branch by branch."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged


def cards(names: Iterable[str], meta: Mapping[str, object]) -> list[Card]:
    """Answer how resources are shown, in order; what nobody described goes by its own name."""
    told = merge({"resources": KNOWN}, meta)
    resources = told.get("resources")
    described = resources if isinstance(resources, Mapping) else {}
    order = _order(told)
    found = [_card(name, described.get(name)) for name in names]
    return sorted(found, key=lambda one: (order.get(one.name, len(order)), one.name))


def groups(meta: Mapping[str, object]) -> list[Group]:
    """Answer the groups, in order, with their headings."""
    told = merge({"groups": LABELS}, meta)
    listed = told.get("groups")
    labels = listed if isinstance(listed, Mapping) else LABELS
    wanted = told.get("groups_order", GROUPS)
    order = [str(name) for name in wanted] if isinstance(wanted, list | tuple) else [*GROUPS]
    return [Group(name, str(labels.get(name, name))) for name in dict.fromkeys([*order, *labels])]


def _order(told: Mapping[str, object]) -> dict[str, int]:
    wanted = told.get("resources_order", ORDER)
    names = wanted if isinstance(wanted, list | tuple) else ORDER
    return {str(name): at for at, name in enumerate(names)}


def _card(name: str, described: object) -> Card:
    facts = described if isinstance(described, Mapping) else {}
    own = name.rpartition(".")[2].replace("_", " ")
    basis: dict[str, object] = {"verbose_name": own, "report_desc": name}
    fields = {field.name for field in msgspec.structs.fields(Card)} - {"name"}
    kept = {key: value for key, value in {**basis, **facts}.items() if key in fields}
    return msgspec.convert({**kept, "name": name}, Card)
