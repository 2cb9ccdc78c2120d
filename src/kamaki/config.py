"""The configuration file: clouds, tokens, defaults. Spec: kamaki 2."""

import os
import re
from pathlib import Path

from kamaki import __version__
from kamaki.errors import KamakiError

DEFAULTS = {
    "default_cloud": "",
    "colors": "off",
    "log_file": "~/.kamaki.log",
    "history_file": "~/.kamaki.history",
    "history_limit": "0",
    "ignore_ssl": "off",
    "ca_certs": "",
}
OLD_KEYS = {
    "token": "token",
    "global.token": "token",
    "user.url": "url",
    "astakos.url": "url",
    "file.url": "pithos_url",
    "store.url": "pithos_url",
    "pithos.url": "pithos_url",
    "image.url": "plankton_url",
    "plankton.url": "plankton_url",
    "compute.url": "cyclades_url",
    "cyclades.url": "cyclades_url",
    "server.url": "cyclades_url",
    "network.url": "network_url",
    "file.account": "pithos_uuid",
    "store.account": "pithos_uuid",
    "global.account": "pithos_uuid",
    "file.container": "pithos_container",
}
"""Options of a cloud as they were spelled when there was one cloud only. Spec: kamaki 9.1."""
_SECTION = re.compile(r'^\[(?:cloud\s+"(?P<cloud>[^"]+)"|(?P<plain>[^\]]+))\]$')
_CLOUD_NAME = re.compile(r"^[~@#$.:\-\w]+$")

Section = tuple[str, str]
"""`("global", "")` or `("cloud", NAME)`."""


class Config:
    """One configuration file; only what differs from the defaults is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: dict[Section, dict[str, str]] = {}
        if path.exists():
            self._read(path.read_text(encoding="utf-8"))
            self._adopt_old()

    def _read(self, text: str) -> None:
        section: Section = ("global", "")
        for raw in text.splitlines():
            line = raw.strip()
            found = _SECTION.match(line)
            if not line or line.startswith(("#", ";")):
                continue
            if found:
                section = ("cloud", found["cloud"]) if found["cloud"] else (found["plain"], "")
                self.values.setdefault(section, {})
                continue
            name, mark, value = line.partition("=")
            if not mark:
                raise KamakiError(
                    f"Invalid format for config file {self.path}",
                    details=[f"This line is neither a section nor an option: {line}"],
                    importance=3,
                )
            self.values.setdefault(section, {})[name.strip()] = value.strip()

    def _adopt_old(self) -> None:
        """Read options of files from before there were clouds. Spec: kamaki 2.6."""
        for dotted in OLD_KEYS:
            group, _, key = dotted.rpartition(".")
            held = self.values.get((group or "global", ""), {})
            if key in held:
                self._set(dotted, held.pop(key))

    def save(self) -> None:
        """Write the file, readable by its owner alone, whole or not at all."""
        lines = [f"# Kamaki configuration file v{__version__}"]
        for (kind, name), options in self.values.items():
            kept = {k: v for k, v in options.items() if kind != "global" or DEFAULTS.get(k) != v}
            if kept or kind == "cloud":
                lines.append(f'[cloud "{name}"]' if kind == "cloud" else f"[{kind}]")
                lines += [f"{key} = {value}" for key, value in kept.items()]
                lines.append("")
        fresh = self.path.with_name(f"{self.path.name}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        fresh.replace(self.path)

    def get(self, name: str) -> str:
        """Answer one option of `[global]`, or its default."""
        return self.values.get(("global", ""), {}).get(name, DEFAULTS.get(name, ""))

    def clouds(self) -> dict[str, dict[str, str]]:
        """Answer the options of every cloud."""
        return {name: o for (kind, name), o in self.values.items() if kind == "cloud"}

    def place(self, dotted: str) -> tuple[Section, str]:
        """Read `KEY`, `GROUP.KEY`, `cloud.NAME.KEY` or an old key as a section and an option."""
        if dotted in OLD_KEYS:
            return ("cloud", self.get("default_cloud") or self._only_cloud()), OLD_KEYS[dotted]
        if dotted == "history.file":
            return ("global", ""), "history_file"
        parts = dotted.split(".")
        if parts[0] == "cloud":
            if len(parts) < 3:
                raise KamakiError(
                    "Syntax error: a cloud's option is written cloud.NAME.OPTION",
                    details=["for example: kamaki config set cloud.default.url URL"],
                )
            name = ".".join(parts[1:-1])
            if not _CLOUD_NAME.match(name):
                raise KamakiError(f"Invalid Cloud Name {name}", importance=3)
            return ("cloud", name), parts[-1]
        if len(parts) == 1:
            return ("global", ""), parts[0]
        return (parts[0], ""), ".".join(parts[1:])

    def _only_cloud(self) -> str:
        return next(iter(self.clouds()), "default")

    def override(self, change: str) -> None:
        """Change an option, given as `[SECTION.]KEY=VALUE`, for this run only."""
        name, mark, value = change.partition("=")
        if not mark:
            raise KamakiError(f"Invalid value {change} for argument -o", details=["-o KEY=VALUE"])
        section, option = self.place(name)
        self.values.setdefault(section, {})[option] = value

    def set(self, dotted: str, value: str) -> None:
        """Set an option and save."""
        self._set(dotted, value)
        self.save()

    def _set(self, dotted: str, value: str) -> None:
        """Set an option; what was set by an old key is listed by it too."""
        section, option = self.place(dotted)
        if not option.isascii():
            raise KamakiError("The name of an option must be in ASCII.", importance=3)
        if dotted in OLD_KEYS:
            old = sorted({*self.old_keys(), dotted})
            self.values.setdefault(("global", ""), {})["old_keys"] = " ".join(old)
        if dotted in {"user.url", "astakos.url"} and "/identity" not in value:
            value = f"{value.rstrip('/')}/identity/v2.0"
        self.values.setdefault(section, {})[option] = value

    def old_keys(self) -> list[str]:
        """Answer the old keys that options were set by."""
        return self.get("old_keys").split()

    def delete(self, dotted: str) -> None:
        """Remove an option, or with `cloud.NAME` a whole cloud, and save."""
        parts = dotted.split(".")
        whole = ("cloud", ".".join(parts[1:]))
        if parts[0] == "cloud" and whole in self.values:
            del self.values[whole]
        else:
            section, option = self.place(dotted)
            if option not in self.values.get(section, {}):
                raise KamakiError(f"{dotted} not found")
            del self.values[section][option]
        self.save()

    def listed(self) -> list[tuple[str, str]]:
        """Answer every option as `section.key` and its value, defaults included."""
        shown = {("global", key): value for key, value in DEFAULTS.items()}
        for (kind, name), options in self.values.items():
            prefix = f"cloud.{name}" if kind == "cloud" else kind
            shown.update({(prefix, key): value for key, value in options.items()})
        found = [(f"{prefix}.{key}", value) for (prefix, key), value in shown.items()]
        for key in self.old_keys():
            section, option = self.place(key)
            found.append((key, self.values.get(section, {}).get(option, "")))
        return [(name, value) for name, value in found if name != "global.old_keys"]

    def choose_cloud(self, asked: str | None) -> tuple[str, dict[str, str]]:
        """Choose the cloud to speak to. Spec: kamaki 2.4."""
        clouds = self.clouds()
        fallback = self.get("default_cloud") or os.environ.get("KAMAKI_DEFAULT_CLOUD", "")
        name = asked or fallback or (next(iter(clouds)) if len(clouds) == 1 else "")
        if not name and clouds:
            raise KamakiError(
                f"Found {len(clouds)} clouds but none of them is set as default",
                details=[*clouds, "To choose one: kamaki config set default_cloud NAME"],
            )
        if name not in clouds:
            raise KamakiError(
                f'No cloud "{name}" is configured' if name else "No cloud is configured",
                details=[
                    "kamaki config set cloud.NAME.url URL",
                    "kamaki config set cloud.NAME.token TOKEN",
                ],
                importance=3,
            )
        return name, clouds[name]


def default_path() -> Path:
    """Tell where the configuration lies when it is not named."""
    return Path(os.environ.get("KAMAKI_CONFIG") or Path.home() / ".kamakirc")
