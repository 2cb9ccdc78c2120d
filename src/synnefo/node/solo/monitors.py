"""The line to every running QEMU: one asyncio thread holds all QMP connections."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from qemu.qmp import ExecuteError, QMPClient, QMPError, Runstate
from qemu.qmp.message import Message

from synnefo.kit.logs import get_logger

log = get_logger(__name__)
logging.getLogger("qemu.qmp").setLevel(logging.ERROR)

T = TypeVar("T")
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 30.0
_GRACE_SECONDS = 5.0


class MonitorLost(Exception):
    """QEMU does not answer on its monitor, or is gone."""


class MonitorRefused(Exception):
    """QEMU refused a command; the message is QEMU's."""


class _Line:
    """One connection; hung up once, whoever is first."""

    def __init__(self, name: str) -> None:
        self.client = QMPClient(name)
        self._ending = asyncio.Lock()

    async def until_broken(self) -> None:
        """Wait for the connection's end."""
        while self.client.runstate is Runstate.RUNNING:
            await self.client.runstate_changed()
        await self.hang_up()

    async def hang_up(self) -> None:
        """End the connection; two ends at once would trip the library."""
        async with self._ending:
            if self.client.runstate is Runstate.IDLE:
                return
            try:
                await self.client.disconnect()
            except (QMPError, OSError, EOFError):
                log.debug("a monitor's line broke", exc_info=True)


class Monitors:
    """Connections by machine name, with a callback for what QEMU tells by itself."""

    def __init__(self, on_event: Callable[[str, str, dict[str, Any]], None]) -> None:
        self._on_event = on_event
        self._lines: dict[str, _Line] = {}
        self._listening: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="monitors", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up; the machines run on."""
        self._wait(self._close(), _ANSWER_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def connect(self, name: str, socket: Path) -> None:
        """Open the line to a machine, unless it is open; MonitorLost when nobody answers."""
        self._wait(self._connect(name, socket), _CONNECT_SECONDS)

    def forget(self, name: str) -> None:
        """Close the line to a machine."""
        self._wait(self._disconnect(name), _ANSWER_SECONDS)

    def is_connected(self, name: str) -> bool:
        """Tell whether the line is open."""
        return name in self._lines

    def execute(self, name: str, command: str, arguments: dict[str, Any] | None = None) -> Any:
        """Have a machine do something; MonitorRefused carries QEMU's reason."""
        return self._wait(self._execute(name, command, arguments), _ANSWER_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _wait(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self._loop)
        try:
            return future.result(seconds + _GRACE_SECONDS)
        except TimeoutError as error:
            raise MonitorLost("QEMU does not answer") from error

    async def _connect(self, name: str, socket: Path) -> None:
        if name in self._lines:
            return
        line = _Line(name)
        try:
            await line.client.connect(str(socket))
        except (QMPError, OSError) as error:
            raise MonitorLost(f"Cannot reach QEMU at {socket}: {error}") from error
        self._lines[name] = line
        task = self._loop.create_task(self._listen(name, line))
        self._listening.add(task)
        task.add_done_callback(self._listening.discard)

    async def _listen(self, name: str, line: _Line) -> None:
        """Pass events on until the line breaks, and then say so as event `GONE`."""
        watch: asyncio.Task[object] = self._loop.create_task(line.until_broken())
        with line.client.listener() as events:
            while not watch.done():
                get: asyncio.Task[Message] = self._loop.create_task(events.get())
                await asyncio.wait({watch, get}, return_when=asyncio.FIRST_COMPLETED)
                if get.done():
                    self._pass_on(name, get.result())
                else:
                    get.cancel()
        if self._lines.get(name) is line:
            del self._lines[name]
            self._on_event(name, "GONE", {})

    def _pass_on(self, name: str, message: Message) -> None:
        data = message.get("data")
        self._on_event(name, str(message.get("event")), data if isinstance(data, dict) else {})

    async def _execute(self, name: str, command: str, arguments: dict[str, Any] | None) -> Any:
        line = self._lines.get(name)
        if line is None:
            raise MonitorLost(f"There is no line to {name}")
        try:
            return await line.client.execute(command, arguments)
        except ExecuteError as error:
            raise MonitorRefused(str(error)) from error
        except (QMPError, OSError) as error:
            raise MonitorLost(f"Lost the line to {name}: {error}") from error

    async def _disconnect(self, name: str) -> None:
        line = self._lines.pop(name, None)
        if line is not None:
            await line.hang_up()

    async def _close(self) -> None:
        lines = list(self._lines.values())
        self._lines.clear()
        for line in lines:
            await line.hang_up()
        if self._listening:
            await asyncio.wait(set(self._listening), timeout=5)
