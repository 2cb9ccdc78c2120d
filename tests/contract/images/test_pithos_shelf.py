"""The shelf over Pithos keeps the contract, with the real Pithos and ledger behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIHandler

from synnefo.astakos.domain.definitions import ResourceDef
from synnefo.astakos.usecases import catalogs, registry
from synnefo.clients.http import mount, unmount
from synnefo.cyclades.engines.pithos_shelf import PithosShelf
from synnefo.kit import conf
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.nested import in_process
from tests.contract.images.image_shelf import LIMIT, ImageShelfContract, Shelves
from tests.support.astakos import a_component, a_token, a_user

pytestmark = pytest.mark.django_db(databases=["astakos", "pithos"], transaction=True)

BASE = "http://127.0.0.1:8000"
ENDPOINT = f"{BASE}/pithos/v1"


class TestPithosShelf(ImageShelfContract):
    @pytest.fixture
    def shelves(self, transactional_db: None, tmp_path: Path) -> Iterator[Shelves]:
        _, pithos = a_component("pithos")
        _, cyclades = a_component("cyclades")
        registry.import_resources(
            [
                ResourceDef(
                    name="pithos.diskspace",
                    service_type="object-store",
                    service_origin="pithos_object-store",
                    unit="bytes",
                    system_default=LIMIT,
                )
            ]
        )
        catalogs.forget()
        users = {name: a_user() for name in ("ada", "bob")}
        tokens = {name: a_token(user) for name, user in users.items()}

        def opened(who: str) -> PithosShelf:
            name = who.removeprefix("service for ")
            uuid = str(users[name].uuid)
            if name != who:
                return PithosShelf(ENDPOINT, cyclades, uuid, on_behalf=True)
            return PithosShelf(ENDPOINT, tokens[name], uuid)

        handler = in_process(WSGIHandler())
        mount(f"{BASE}/astakos", handler)
        mount(f"{BASE}/pithos", handler)
        with conf.override(
            PithosSettings,
            pithos_backend_block_path=str(tmp_path / "blocks"),
            pithos_service_token=pithos,
        ):
            yield opened
        unmount(f"{BASE}/astakos")
        unmount(f"{BASE}/pithos")
        catalogs.forget()
