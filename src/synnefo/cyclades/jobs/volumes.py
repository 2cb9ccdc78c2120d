"""Errands for volumes."""

from synnefo.cyclades.usecases import volume_outcomes, volume_plugs


@volume_plugs.ATTACH.runs
def attach_volume(server_id: int, volume_id: int, since: str) -> None:
    """Take an attachment to the server's cluster."""
    volume_plugs.carry_attach(server_id, volume_id, since)


@volume_plugs.ATTACH.gives_up
def give_up_attach(reason: str, server_id: int, volume_id: int, since: str) -> None:
    """Free a volume whose cluster did not answer for too long."""
    told = f"The cluster did not answer in time, so volume {volume_id} is not attached: {reason}"
    volume_plugs.refused(server_id, since, told)


@volume_plugs.DETACH.runs
def detach_volume(server_id: int, volume_id: int, since: str) -> None:
    """Take a removal to the server's cluster."""
    volume_plugs.carry_detach(server_id, volume_id, since)


@volume_plugs.DETACH.gives_up
def give_up_detach(reason: str, server_id: int, volume_id: int, since: str) -> None:
    """Tell that a volume stays because the cluster did not answer for too long."""
    told = f"The cluster did not answer in time, so volume {volume_id} stays: {reason}"
    volume_plugs.refused(server_id, since, told)


@volume_plugs.GROW.runs
def grow_volume(volume_id: int, size: int, serial: int | None, job: int | None) -> None:
    """Have a volume grown and wait for it."""
    volume_plugs.carry_growth(volume_id, size, serial, job)


@volume_plugs.GROW.gives_up
def give_up_growth(
    reason: str, *, volume_id: int, size: int, serial: int | None, job: int | None
) -> None:
    """Leave a volume as it was when its cluster did not answer for too long."""
    del reason, job
    volume_plugs.grown(volume_id, size, serial, succeeded=False)


@volume_plugs.PURGE.runs
def purge_volume(volume_id: int, cluster_id: int | None, job: int | None) -> None:
    """Have what a detached volume holds removed, and wait for it."""
    volume_plugs.carry_purge(volume_id, cluster_id, job)


@volume_outcomes.RELEASE.runs
def release_volume_quota(volume_id: int) -> None:
    """Give back the quota of a volume that is gone."""
    volume_outcomes.release(volume_id)
