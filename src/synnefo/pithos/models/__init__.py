"""Tables of Pithos."""

from synnefo.pithos.models.blocks import BlockUse, DamagedBlock, ScrubRound, SentBlock
from synnefo.pithos.models.containers import Account, Container, Group, Tally
from synnefo.pithos.models.errands import QueuedErrand
from synnefo.pithos.models.objects import Cluster, Facet, HashList, Node, SmallBlock, Version
from synnefo.pithos.models.quota import Allowance, Settlement
from synnefo.pithos.models.sharing import Grant, Public

__all__ = [
    "Account",
    "Allowance",
    "BlockUse",
    "Cluster",
    "Container",
    "DamagedBlock",
    "Facet",
    "Grant",
    "Group",
    "HashList",
    "Node",
    "Public",
    "QueuedErrand",
    "ScrubRound",
    "SentBlock",
    "Settlement",
    "SmallBlock",
    "Tally",
    "Version",
]
