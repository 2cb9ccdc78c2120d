"""What can go wrong with volumes; every sentence is meant for a person."""


class VolumeFault(Exception):
    """An operation on a volume that was refused or failed."""


class BadName(VolumeFault):
    """A name that no volume may have."""


class BadSize(VolumeFault):
    """A size that the volume cannot have."""


class VolumeMissing(VolumeFault):
    """There is no such volume."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no volume named {name}.")


class VolumeExists(VolumeFault):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already a volume named {name}.")


class VolumeBusy(VolumeFault):
    """Somebody else holds the volume."""


class ReadOnly(VolumeFault):
    """Snapshots are never written."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Volume {name} is a snapshot: clone it to get something to write to.")


class Damaged(VolumeFault):
    """What is on the disk is no map of ours."""


class LeaseLost(VolumeFault):
    """Somebody broke the lock while this process was writing; nothing more may be written."""


class BadSettings(VolumeFault):
    """The configuration file makes no sense."""
