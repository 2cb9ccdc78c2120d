"""Why a deployment ends early."""


class DeployFailed(Exception):
    """The machine cannot be made of this image; the sentence is meant for a person."""
