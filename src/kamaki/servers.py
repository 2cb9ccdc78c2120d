"""One server as commands see it: show it, act on it, wait for it. Spec: kamaki 5.5."""

from collections.abc import Callable
from typing import Any

import msgspec

from kamaki.asking import known
from kamaki.errors import KamakiError
from kamaki.session import Session
from kamaki.waiting import Patience, Seen, wait

Json = dict[str, Any]


class Server(msgspec.Struct, frozen=True):
    """A server by its id, in a session."""

    session: Session
    id: str

    @property
    def path(self) -> str:
        """Answer where it is."""
        return f"/servers/{self.id}"

    def show(self) -> Json:
        """Ask for everything about it."""
        with known("server", self.id):
            found: Json = self.session.compute.read("GET", self.path, dict[str, Any])["server"]
        return found

    def read(self, below: str) -> Any:
        """Ask for something of it."""
        with known("server", self.id):
            return self.session.compute.read("GET", f"{self.path}/{below}", Any)

    def call(self, method: str, below: str = "", body: Json | None = None) -> bytes:
        """Change something of it."""
        path = f"{self.path}/{below}" if below else self.path
        with known("server", self.id):
            return self.session.compute.call(method, path, body=body).body

    def act(self, name: str, wish: Json | None = None) -> bytes:
        """Do something with it."""
        return self.call("POST", "action", {name: wish or {}})

    def wait(
        self, is_done: Callable[[str], bool], *, shown: bool, seconds: float | None = None
    ) -> str:
        """Wait until it is in the right state."""
        told = {} if seconds is None else {"seconds": seconds}
        return wait(self._seen, is_done, Patience(f"Server {self.id}", shown, **told))

    def _seen(self) -> Seen:
        found = self.show()
        return Seen(str(found["status"]), int(found.get("progress") or 0))

    def wait_built(self, *, shown: bool) -> None:
        """Wait until it is built; a failure is told with its reason."""
        if self.wait(lambda status: status != "BUILD", shown=shown) == "ERROR":
            reasons = [str(one.get("message", "")) for one in self.show().get("diagnostics", [])]
            raise KamakiError(f"Server {self.id} could not be built", details=reasons)
