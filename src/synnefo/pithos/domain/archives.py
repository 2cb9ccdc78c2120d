"""Former objects in a container of their own, as older clients of Swift want them.

The archive holds `<length of the name, 3 hex digits><name>/<time>`. Spec: openstack-api 10.1.
"""

STACK, HISTORY = "stack", "history"
MARKER = "application/x-deleted;swift_versions_deleted=1"
"""The type of an archive's entry that tells of a deletion."""


def archive_prefix(name: str) -> str:
    """Tell how the names of an object's former states begin."""
    return f"{len(name.encode()):03x}{name}/"


def archived_name(name: str, moment: int) -> str:
    """Name the state that an object had from a time on, in microseconds since 1970."""
    return f"{archive_prefix(name)}{moment // 1_000_000:010d}.{moment % 1_000_000 // 10:05d}"
