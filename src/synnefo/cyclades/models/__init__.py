"""Tables of Cyclades."""

from synnefo.cyclades.models.clusters import Cluster, ProjectCluster
from synnefo.cyclades.models.commissions import QuotaHolderSerial
from synnefo.cyclades.models.flavors import Flavor, FlavorAccess, VolumeType
from synnefo.cyclades.models.keypairs import KeyPair
from synnefo.cyclades.models.servers import Diagnostic, Server, ServerEvent, ServerTag
from synnefo.cyclades.models.volumes import Volume

__all__ = [
    "Cluster",
    "Diagnostic",
    "Flavor",
    "FlavorAccess",
    "KeyPair",
    "ProjectCluster",
    "QuotaHolderSerial",
    "Server",
    "ServerEvent",
    "ServerTag",
    "Volume",
    "VolumeType",
]
