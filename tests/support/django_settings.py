"""Django's settings for tests: a data folder and databases of this process alone."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="synnefo-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.makedirs(f"{_folder}/db")  # noqa: PTH103 - before anything of ours is imported
os.makedirs(f"{_folder}/conf")  # noqa: PTH103
with open(f"{_folder}/conf/10-test.conf", "w") as _file:  # noqa: PTH123
    _file.write(f"SYNNEFO_DATA_DIR = {_folder!r}\nSECRET_KEY = 'tests'\n")
os.environ["SYNNEFO_SETTINGS_DIR"] = f"{_folder}/conf"

from synnefo.webproject.django_settings import *  # noqa: E402, F403
from synnefo.webproject.django_settings import DATABASES  # noqa: E402

for _alias, _entry in DATABASES.items():
    if _entry:
        _entry["TEST"] = {"NAME": f"{_folder}/db/test-{_alias}.sqlite3"}
