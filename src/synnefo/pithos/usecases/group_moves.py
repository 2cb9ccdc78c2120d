"""Giving one account's groups, and what is shared with them, to another account."""

from synnefo.pithos.models import Grant, Group


def move(source: str, target: str) -> int:
    """Move all groups; like-named ones become one. Answer how many there were."""
    rows = Group.objects.filter(owner=source)
    members = list(rows.values_list("name", "member"))
    Group.objects.bulk_create(
        [Group(owner=target, name=name, member=member) for name, member in members],
        ignore_conflicts=True,
    )
    rows.delete()
    names = {name for name, _ in members}
    for name in names:
        _rename(f"{source}:{name}", f"{target}:{name}")
    return len(names)


def _rename(old: str, new: str) -> None:
    """Share with the new name what was shared with the old; writing outweighs reading."""
    both = Grant.objects.filter(holder=new).values_list("node_id", flat=True)
    twins = Grant.objects.filter(holder=old, node_id__in=list(both))
    writable = list(twins.filter(is_write=True).values_list("node_id", flat=True))
    Grant.objects.filter(holder=new, node_id__in=writable).update(is_write=True)
    twins.delete()
    Grant.objects.filter(holder=old).update(holder=new)
