"""Where guests ask for their metadata: one listener on each bridge of a cloud's namespace."""

from pathlib import Path

from synnefo.kit.logs import get_logger
from synnefo.node import metadata
from synnefo.node.metadata import Guests, MetadataServer
from synnefo.node.solo.packet_rules import METADATA_ADDRESS

log = get_logger(__name__)


class MetadataPoints:
    """The listeners; each knows only the guests of its own bridge."""

    def __init__(self, namespace: str, *, bindings: Path, instances: Path) -> None:
        self._namespace = namespace
        self._guests = Guests(bindings, instances)
        self._open: dict[str, MetadataServer] = {}

    def open(self, bridge: str) -> None:
        """Answer on a bridge that has the address already."""
        if bridge in self._open:
            return
        try:
            listener = metadata.listen_inside(self._namespace, METADATA_ADDRESS, device=bridge)
        except OSError as error:
            log.warning("no metadata service on this bridge", bridge=bridge, why=str(error))
            return
        self._open[bridge] = metadata.serve(listener, self._guests.on(bridge))

    def close(self, bridge: str) -> None:
        """Stop answering on a bridge."""
        server = self._open.pop(bridge, None)
        if server is not None:
            server.close()

    def close_all(self) -> None:
        """Stop answering."""
        for bridge in list(self._open):
            self.close(bridge)
