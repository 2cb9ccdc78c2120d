"""Keeps editable installs editable: only a link to the source tree, no copy of the rooms.

A wheel takes its rooms over by `force-include`, which would be copied into an editable install,
too; there each distribution brings one marker file instead.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditableMarker(BuildHookInterface[Any]):
    """Replaces the forced files of an editable wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave only the marker in an editable wheel."""
        if version == "editable":
            name = self.metadata.name.replace("-", "_")
            build_data["force_include_editable"] = {
                f"{self.root}/pyproject.toml": f"_synnefo_editable/{name}.toml"
            }
