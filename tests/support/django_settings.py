"""Django's settings for tests: a data folder and databases of this process alone.

SQLite, unless SYNNEFO_TEST_DB=postgres; then the PostgreSQL that SYNNEFO_TEST_POSTGRES names.
"""

import atexit
import os
import shutil
import tempfile
from typing import Any

_folder = tempfile.mkdtemp(prefix="synnefo-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
for _name in ("db", "conf", "run", "blocks", "volumes"):
    os.makedirs(f"{_folder}/{_name}")  # noqa: PTH103 - before anything of ours is imported
with open(f"{_folder}/conf/10-test.conf", "w") as _file:  # noqa: PTH123
    _file.write(f"SYNNEFO_DATA_DIR = {_folder!r}\nSECRET_KEY = 'tests'\n")
os.environ["SYNNEFO_SETTINGS_DIR"] = f"{_folder}/conf"

from synnefo.webproject.django_settings import *  # noqa: E402, F403
from synnefo.webproject.django_settings import DATABASES  # noqa: E402


def _on_postgres(alias: str) -> dict[str, Any]:
    host, _, port = os.environ["SYNNEFO_TEST_POSTGRES"].partition(":")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": "synnefo",
        "HOST": host,
        "PORT": port,
        "TEST": {"NAME": f"test_{os.getpid()}_{alias}", "DEPENDENCIES": []},
    }


for _alias in [name for name, entry in DATABASES.items() if entry]:
    if os.environ.get("SYNNEFO_TEST_DB") == "postgres":
        DATABASES[_alias] = _on_postgres(_alias)
    else:
        _place = f"{_folder}/db/test-{_alias}.sqlite3"
        DATABASES[_alias]["TEST"] = {"NAME": _place, "DEPENDENCIES": []}
