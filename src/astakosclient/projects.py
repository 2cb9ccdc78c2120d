"""Calls about projects, applications and memberships. Spec: identity 9, 19."""

from collections.abc import Callable
from typing import Any

Send = Callable[..., Any]


class ProjectCalls:
    """The project calls of a client; `send(method, path, body=, query=)` makes them."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def find(self, query: dict[str, str]) -> Any:
        """List projects."""
        return self._send("GET", "/projects", query=query)

    def show(self, project_id: str) -> Any:
        """Show one project."""
        return self._send("GET", f"/projects/{project_id}")

    def create(self, specs: dict[str, Any]) -> Any:
        """Apply for a new project."""
        return self._send("POST", "/projects", body=specs)

    def modify(self, project_id: str, specs: dict[str, Any]) -> Any:
        """Apply for a change of a project."""
        return self._send("PUT", f"/projects/{project_id}", body=specs)

    def act(self, project_id: str, action: str, facts: dict[str, Any]) -> Any:
        """Do something to a project or to one of its applications."""
        return self._send("POST", f"/projects/{project_id}/action", body={action: facts})

    def memberships(self, query: dict[str, str]) -> Any:
        """List memberships."""
        return self._send("GET", "/projects/memberships", query=query)

    def membership(self, memb_id: int) -> Any:
        """Show one membership."""
        return self._send("GET", f"/projects/memberships/{memb_id}")

    def act_on_membership(self, memb_id: int, action: str, reason: str) -> Any:
        """Do something to a membership."""
        return self._send("POST", f"/projects/memberships/{memb_id}/action", body={action: reason})

    def add(self, how: str, facts: dict[str, str]) -> Any:
        """Join a project, or enroll somebody."""
        return self._send("POST", "/projects/memberships", body={how: facts})
