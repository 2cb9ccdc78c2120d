"""Routing keys and the patterns that queues are bound with, as in AMQP."""


def matches(pattern: str, routing_key: str) -> bool:
    """Tell whether a key fits: `*` stands for one word, `#` for any number of them."""
    return _fits(pattern.split("."), routing_key.split("."))


def _fits(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_fits(pattern[1:], words[i:]) for i in range(len(words) + 1))
    return bool(words) and pattern[0] in {"*", words[0]} and _fits(pattern[1:], words[1:])
