"""Where options may stand, and how commands were spelled before. Spec: kamaki 1.2, 9.2."""

VALUED = {"-c", "--config", "-o", "--options", "--cloud", "--ca-certs"}
FLAGS = {"-d", "--debug", "-v", "--verbose", "-vv", "--verbose-with-data", "-s", "--silent"}
FLAGS |= {"-k", "--insecure", "--ignore-ssl"}

RENAMED = {
    ("user", "whoami"): ("user", "info"),
    ("file", "touch"): ("file", "create"),
    ("file", "hashmap"): ("file", "info", "--hashmap"),
    ("file", "versions"): ("file", "info", "--object-versions"),
    ("image", "meta"): ("image", "info"),
    ("server", "addr"): ("server", "info", "--nics"),
    ("server", "stats"): ("server", "info", "--diagnostics"),
    ("file", "quota"): ("quota", "list", "--resource", "pithos"),
}


def hoisted(words: list[str]) -> list[str]:
    """Bring the options of the whole program to the front, wherever they were written."""
    front: list[str] = []
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*front, *rest, word, *left]
        if word in VALUED and left:
            front += [word, left.pop(0)]
        elif word in FLAGS or word.partition("=")[0] in VALUED or word[:2] in {"-c", "-o"}:
            front.append(word)
        else:
            rest.append(word)
    return [*front, *rest]


def renamed(words: list[str]) -> list[str]:
    """Write a command of older days as it is called now."""
    at = next((i for i, word in enumerate(words) if _is_group(words, i, word)), len(words))
    head, tail = words[:at], words[at:]
    if tail and tail[0] == "store":
        tail[0] = "file"
    today = RENAMED.get((tail[0], tail[1])) if len(tail) > 1 else None
    return [*head, *today, *tail[2:]] if today else [*head, *tail]


def _is_group(words: list[str], index: int, word: str) -> bool:
    """Tell whether a word is the first that is no option and no option's value."""
    return not word.startswith("-") and (index == 0 or words[index - 1] not in VALUED)
