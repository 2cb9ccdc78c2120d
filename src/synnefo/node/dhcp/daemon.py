"""The loop of nfdhcpd: hears guests on their TAPs and answers them. Spec: images-and-nodes 4."""

import contextlib
import selectors
import socket

import msgspec

from synnefo.kit import clock
from synnefo.kit.logs import get_logger
from synnefo.node.dhcp import binding as bindings
from synnefo.node.dhcp import dhcp4, dhcp6, frames, neighbours, taps
from synnefo.node.dhcp.binding import Binding
from synnefo.node.dhcp.folder import FolderWatch
from synnefo.node.dhcp.frames import Frame
from synnefo.node.dhcp.settings import Config, Mode

log = get_logger(__name__)
_BURST = 64
"""Packets of one guest that are answered before the others get their turn."""


class _Client(msgspec.Struct):
    """A guest that is listened to."""

    binding: Binding
    socket: socket.socket
    index: int


class Daemon:
    """Everything that the node tells its guests; one thread."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._clients: dict[str, _Client] = {}
        self._selector = selectors.DefaultSelector()
        config.datapath.mkdir(parents=True, exist_ok=True)
        self._watch = FolderWatch(config.datapath)
        self._wake, self._waker = socket.socketpair()
        self._selector.register(self._watch, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._ended = False

    def end(self) -> None:
        """Ask the loop to end; may be called from a signal handler."""
        self._ended = True
        self._waker.send(b"x")

    def dump(self) -> None:
        """Log every guest."""
        for tap, client in sorted(self._clients.items()):
            known = client.binding
            log.info(
                "client", tap=tap, mac=known.mac, ip=known.ip, eui64=known.eui64, indev=known.indev
            )

    def run(self) -> None:
        """Answer until told to end."""
        self._read_all()
        due = clock.monotonic() + self._config.ra_period
        while not self._ended:
            for key, _mask in self._selector.select(max(0.0, due - clock.monotonic())):
                self._serve(key)
            if clock.monotonic() >= due:
                self.advertise()
                due = clock.monotonic() + self._config.ra_period
        for tap in list(self._clients):
            self._forget(tap)
        self._watch.close()

    def _serve(self, key: selectors.SelectorKey) -> None:
        if isinstance(key.data, str):
            self._hear(key.data)
        elif key.fileobj is self._watch:
            self._follow()
        else:
            self._wake.recv(64)

    def _follow(self) -> None:
        changed = self._watch.changes()
        if changed is None:
            self._read_all()
            return
        for name in changed:
            if bindings.is_binding(name):
                self._learn(name, bindings.read(self._config.datapath / name))

    def _read_all(self) -> None:
        found = bindings.read_all(self._config.datapath)
        for tap in self._clients.keys() - found.keys():
            self._forget(tap)
        for tap, binding in found.items():
            self._learn(tap, binding)

    def _learn(self, tap: str, binding: Binding | None) -> None:
        self._forget(tap)
        index = taps.index_of(tap)
        if binding is None or index is None:
            return
        try:
            made = taps.open_tap(tap)
        except OSError as error:
            log.warning("tap ignored", tap=tap, why=str(error))
            return
        self._clients[tap] = _Client(binding, made, index)
        self._selector.register(made, selectors.EVENT_READ, tap)

    def _forget(self, tap: str) -> None:
        client = self._clients.pop(tap, None)
        if client is not None:
            self._selector.unregister(client.socket)
            client.socket.close()

    def _hear(self, tap: str) -> None:
        client = self._clients.get(tap)
        if client is None:
            return
        for _packet in range(_BURST):
            try:
                raw = client.socket.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                self._miss(tap, client)
                return
            frame = frames.decode(raw)
            if frame is not None:
                self._answer(client, frame)

    def _miss(self, tap: str, client: _Client) -> None:
        """Forget a TAP that is gone; one that is only down is listened to on."""
        if taps.index_of(tap) != client.index:
            self._forget(tap)

    def _answer(self, client: _Client, frame: Frame) -> None:
        known = client.binding
        if frame.source_mac != known.mac and not known.macspoof:
            log.warning("spoofed", tap=known.tap, mac=frame.source_mac)
            return
        own_mac = taps.mac_of(known.indev or known.tap) or taps.mac_of(known.tap)
        if own_mac is None:
            return
        reply = self._reply(known, frame, own_mac)
        if reply is not None:
            self._send(client, reply)

    def _reply(self, known: Binding, frame: Frame, own_mac: str) -> bytes | None:
        if frame.protocol == frames.UDP and frame.target_port == dhcp4.SERVER_PORT:
            return self._reply_dhcp(known, frame, own_mac)
        if self._config.mode is Mode.OFF or known.network6 is None:
            return None
        if frame.protocol == frames.UDP:
            wanted = frame.target_port == dhcp6.SERVER_PORT and self._config.mode is Mode.BOTH
            return dhcp6.answer(frame, self._config, own_mac) if wanted else None
        if frame.payload[0] == neighbours.ROUTER_SOLICITATION:
            return neighbours.advertisement(known, self._config, own_mac, to=frame)
        return self._reply_neighbour(known, frame, own_mac)

    def _reply_dhcp(self, known: Binding, frame: Frame, own_mac: str) -> bytes | None:
        request = dhcp4.decode(frame.payload) if self._config.enable_dhcp else None
        if request is None:
            return None
        if request.kind in {dhcp4.Kind.RELEASE, dhcp4.Kind.DECLINE}:
            log.info("released", tap=known.tap, kind=request.kind, ip=known.ip)
        return dhcp4.answer(known, self._config, request, own_mac)

    @staticmethod
    def _reply_neighbour(known: Binding, frame: Frame, own_mac: str) -> bytes | None:
        """Answer for the others of a routed network; on a bridge they answer themselves."""
        target = neighbours.asked_for(frame)
        if target is None or known.indev != known.tap:
            return None
        if not neighbours.stands_for(known, target, own_mac):
            return None
        return neighbours.neighbour(frame, target, own_mac)

    @staticmethod
    def _send(client: _Client, raw: bytes) -> None:
        with contextlib.suppress(OSError):
            client.socket.send(raw)

    def advertise(self) -> None:
        """Tell every guest with IPv6 about its router."""
        for client in list(self._clients.values()):
            known = client.binding
            own_mac = taps.mac_of(known.indev or known.tap)
            if self._config.mode is not Mode.OFF and known.network6 is not None and own_mac:
                self._send(client, neighbours.advertisement(known, self._config, own_mac))
