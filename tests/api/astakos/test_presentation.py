"""How resources are shown, as shipped and as operators like it. Spec: identity 17.2."""

from typing import Any

import pytest
from django.test import Client

from synnefo.astakos.domain import presentation
from synnefo.astakos.models import DATABASE, Resource
from synnefo.astakos.settings import AdminSettings
from synnefo.kit import conf
from tests.support.astakos import a_resource

pytestmark = pytest.mark.django_db(databases=[DATABASE])


def shown() -> Any:
    """Read the presentation as a page does."""
    return Client().get("/astakos/ui/presentation").json()


def test_resources_come_in_the_documented_order_and_groups() -> None:
    for name in ("cyclades.vm", "pithos.diskspace", "own.thing", "cyclades.disk"):
        a_resource(name)
    told = shown()
    assert [one["name"] for one in told["resources"]] == [
        "pithos.diskspace",
        "cyclades.disk",
        "cyclades.vm",
        "own.thing",
    ]
    assert [one["name"] for one in told["groups"]] == list(presentation.GROUPS)
    assert told["resources"][0]["group"] == "storage"
    assert told["resources"][3]["verbose_name"] == "thing"


def test_hidden_resources_are_left_out() -> None:
    a_resource("cyclades.vm")
    Resource.objects.update(ui_visible=False)
    assert shown()["resources"] == []


def test_settings_are_laid_over_what_is_shipped() -> None:
    a_resource("cyclades.vm")
    a_resource("cyclades.disk")
    meta: dict[str, object] = {
        "resources": {"cyclades.vm": {"report_desc": "Servers", "unknown": 1}},
        "groups": {"compute": "Machines"},
        "resources_order": ["cyclades.vm"],
    }
    with conf.override(AdminSettings, astakos_resources_meta=meta):
        told = shown()
    first = told["resources"][0]
    assert (first["name"], first["report_desc"]) == ("cyclades.vm", "Servers")
    assert first["verbose_name"] == "vm"
    assert {"name": "compute", "label": "Machines"} in told["groups"]


def test_an_abbreviation_is_written_in_capitals() -> None:
    card = presentation.cards(["cyclades.vm"], {})[0]
    assert card.shown_name == "VM"
    assert presentation.cards(["own.thing"], {})[0].shown_name == "thing"
