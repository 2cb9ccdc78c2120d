"""Sentences for people, which operators may replace one by one. Spec: identity 18.9."""

from synnefo.astakos.domain.messages import DEFAULTS, recognise
from synnefo.kit import conf
from synnefo.serve import mail_texts


def say(key: str, **values: object) -> str:
    """Answer the sentence with this key, its placeholders filled."""
    text = override(key) or DEFAULTS[key]
    filled = {name: str(value) for name, value in values.items()}
    return mail_texts.fill(text, {**mail_texts.placeholders(), **filled})


def reworded(text: str) -> str:
    """Answer a sentence of ours in the operators' words, where they gave any."""
    if not any(override(key) for key in DEFAULTS):
        return text
    key, values = recognise(text)
    return say(key, **values) if key and override(key) else text


def override(key: str) -> str:
    """Answer what an operator wants to be said instead; an empty text if nothing."""
    return str(conf.current().names.get(f"ASTAKOS_{key}_MESSAGE") or "")


def overrides() -> dict[str, str]:
    """Answer every sentence that an operator replaced."""
    return {key: say(key) for key in DEFAULTS if override(key)}
