"""Writing the provider's directory: one small script for each verb, and the parameters."""

import sys
from pathlib import Path

from synnefo.archipelago.ext import presence, storage

_PARAMETERS = """\
origin Name of the image map or snapshot that the volume starts from
origin_size Size in bytes of an image map that does not know its own
reuse_data True to attach the volume that was kept under the disk's name, keep to keep it so
"""

_SCRIPT = """\
#!{python} -IS
import sys

sys.path.insert(0, {source!r})

from synnefo.archipelago.ext.{module} import main

sys.exit(main({verb!r}, {conf!r}))
"""


def install_provider(directory: Path, conf: Path | None) -> list[Path]:
    """Write the scripts; they find this very installation and, if given, this configuration."""
    directory.mkdir(parents=True, exist_ok=True)
    verbs = dict.fromkeys((*presence.SCRIPTS, "verify"), "presence")
    verbs |= dict.fromkeys(storage.SCRIPTS, "storage")
    written = [_write_script(directory / verb, module, conf) for verb, module in verbs.items()]
    parameters = directory / "parameters.list"
    parameters.write_text(_PARAMETERS, encoding="utf-8")
    return [*written, parameters]


def _write_script(path: Path, module: str, conf: Path | None) -> Path:
    """Write one script; whoever runs the old one meanwhile is not disturbed."""
    text = _SCRIPT.format(
        python=sys.executable,
        source=str(Path(__file__).parents[3]),
        module=module,
        verb=path.name,
        conf=None if conf is None else str(conf.absolute()),
    )
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o755)
    temporary.rename(path)
    return path
