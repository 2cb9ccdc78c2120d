"""Tables of Cyclades."""

from synnefo.cyclades.models.addresses import IPAddress, IPAddressHistory
from synnefo.cyclades.models.clusters import Cluster, ProjectCluster
from synnefo.cyclades.models.commissions import QuotaHolderSerial
from synnefo.cyclades.models.errands import QueuedErrand
from synnefo.cyclades.models.flavors import Flavor, FlavorAccess, VolumeType
from synnefo.cyclades.models.keypairs import KeyPair
from synnefo.cyclades.models.networks import BackendNetwork, Network
from synnefo.cyclades.models.pools import BridgePool, MacPrefixPool
from synnefo.cyclades.models.ports import Port
from synnefo.cyclades.models.servers import Diagnostic, Server, ServerEvent, ServerTag
from synnefo.cyclades.models.subnets import IPPool, Subnet
from synnefo.cyclades.models.volumes import Volume

__all__ = [
    "BackendNetwork",
    "BridgePool",
    "Cluster",
    "Diagnostic",
    "Flavor",
    "FlavorAccess",
    "IPAddress",
    "IPAddressHistory",
    "IPPool",
    "KeyPair",
    "MacPrefixPool",
    "Network",
    "Port",
    "ProjectCluster",
    "QueuedErrand",
    "QuotaHolderSerial",
    "Server",
    "ServerEvent",
    "ServerTag",
    "Subnet",
    "Volume",
    "VolumeType",
]
