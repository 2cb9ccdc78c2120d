"""Firewall profiles of a NIC, as tags of its instance. Spec: network 12."""

from enum import StrEnum


class FirewallProfile(StrEnum):
    """How a NIC of a public network is guarded."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    PROTECTED = "PROTECTED"


_WORDS = {
    FirewallProfile.ENABLED: "protected",
    FirewallProfile.DISABLED: "unprotected",
    FirewallProfile.PROTECTED: "limited",
}
_PROFILES = {word: profile for profile, word in _WORDS.items()}


def tag_of(profile: FirewallProfile, nic: str) -> str:
    """Write the instance tag of a profile."""
    return f"synnefo:network:{nic}:{_WORDS[profile]}"


def profile_of(word: str) -> FirewallProfile | None:
    """Read the last part of a tag; None when it is no profile."""
    return _PROFILES.get(word)
