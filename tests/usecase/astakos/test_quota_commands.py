"""quota-*, reconcile-resources-astakos and stats-astakos. Spec: identity 16.6, 16.9."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from synnefo.astakos.models import DATABASE, AuthProvider, Holding, Resource, User
from synnefo.astakos.usecases import catalogs, commissions, limits
from synnefo.astakos.usecases.commissions import Order
from synnefo.wire.provisions import INF, charge
from tests.support.astakos import a_project, a_resource, a_user
from tests.support.projects import an_application, the_resources, waiting

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
VM, RAM = "cyclades.vm", "cyclades.ram"


def run(name: str, *arguments: str) -> tuple[str, str]:
    """Run a command; answer what it printed for programs and for people."""
    out, err = io.StringIO(), io.StringIO()
    call_command(name.replace("-", "_"), *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def table(name: str, *arguments: str) -> list[dict[str, Any]]:
    """Run a command and read its table."""
    text, _ = run(name, *arguments, "--output-format", "json")
    found: list[dict[str, Any]] = json.loads(text or "[]")
    return found


def _use(user: User, amount: int, resource: str = VM) -> None:
    order = Order(charge(user.uuid, user.uuid, resource, amount), force=True, auto_accept=True)
    commissions.issue("cyclades", order)


class TestQuotaList:
    """Who may use how much, and does."""

    def test_accepted_people_are_listed_and_nobody_else(self) -> None:
        a_resource()
        user = a_user()
        Holding.objects.create(holder="user:gone", source="project:gone", resource=VM)
        rows = table("quota-list")
        assert [row["holder"] for row in rows] == [f"user:{user.uuid}"]
        assert rows[0] == {
            "holder": f"user:{user.uuid}",
            "source": f"project:{user.uuid}",
            "resource": VM,
            "limit": "5",
            "usage": "0",
        }

    def test_amounts_with_units_filter(self) -> None:
        a_resource(RAM, limit=4 * 2**30)
        Resource.objects.update(unit="bytes")
        ada, eve = a_user(), a_user()
        _use(eve, 3 * 2**30, RAM)
        busy = table("quota-list", "--filter-by", "usage>=2GiB,limit<=4G")
        assert [row["holder"] for row in busy] == [f"user:{eve.uuid}"]
        assert (busy[0]["limit"], busy[0]["usage"]) == ("4096 MB", "3072 MB")
        others = table("quota-list", "--filter-by", "usage=<2g", "--unit-style", "auto")
        assert [row["limit"] for row in others] == ["4 GB"]
        assert others[0]["holder"] == f"user:{ada.uuid}"

    def test_words_filter(self) -> None:
        a_resource(VM)
        a_resource(RAM)
        ada, eve = a_user("ada@x.org"), a_user("eve@x.org")
        shared = a_project(ada, eve)
        found = table("quota-list", "--filter-by", f"user=ADA@x.org,resource={VM}")
        assert {row["source"] for row in found} == {
            f"project:{ada.uuid}",
            f"project:{shared.uuid}",
        }
        found = table("quota-list", "--filter-by", f"source=project:{shared.uuid},resource!={VM}")
        assert {row["holder"] for row in found} == {f"user:{ada.uuid}", f"user:{eve.uuid}"}
        assert {row["resource"] for row in found} == {RAM}

    def test_limits_of_ones_own_are_told_apart(self) -> None:
        a_resource(limit=5)
        ada, eve = a_user(), a_user()
        a_project(ada, limit=77)
        Holding.objects.filter(holder=f"user:{eve.uuid}").update(limit=9)
        custom = table("quota-list", "--with-custom", "yes")
        assert [(row["holder"], row["limit"]) for row in custom] == [(f"user:{eve.uuid}", "9")]
        plain = table("quota-list", "--with-custom", "no")
        assert [row["holder"] for row in plain] == [f"user:{ada.uuid}"]
        assert [row["limit"] for row in table("quota-list", "--filter-by", "base_quota>5")] == [
            "9"
        ]

    @pytest.mark.parametrize("wrong", ["moon=1", "limit>many", "limit", "user=nobody@x.org"])
    def test_what_is_not_understood_is_told(self, wrong: str) -> None:
        a_resource()
        with pytest.raises(CommandError):
            run("quota-list", "--filter-by", wrong)

    def test_filters_are_listed(self) -> None:
        assert "base_quota" in run("quota-list", "--list-filters")[0]


class TestQuotaVerify:
    """Limits against projects."""

    def test_wrong_missing_and_unexpected_holdings_are_found_and_set_right(self) -> None:
        a_resource(limit=5)
        ada, eve = a_user(), a_user()
        _use(ada, 2)
        Holding.objects.filter(holder=f"user:{ada.uuid}").update(limit=50)
        Holding.objects.filter(holder=f"project:{eve.uuid}").delete()
        busy = {"resource": VM, "limit": 3, "usage_min": 1, "usage_max": 1}
        Holding.objects.create(holder="user:gone", source="project:gone", **busy)
        Holding.objects.create(holder="user:empty", source="project:gone", resource=VM)
        rows = table("quota-verify")
        told = {row["Holder"]: (row["Astakos"], row["Quotaholder"]) for row in rows}
        assert told == {
            f"user:{ada.uuid}": (5, 50),
            f"project:{eve.uuid}": (5, None),
            "user:gone": (None, 3),
            "user:empty": (None, 0),
        }
        run("quota-verify", "--fix")
        assert {one.holder for one in limits.verify()} == {"user:gone", "user:empty"}
        assert Holding.objects.get(holder=f"user:{ada.uuid}").usage_max == 2
        run("quota-verify", "--fix", "--include-unexpected-holdings")
        assert [(one.holder, one.found) for one in limits.verify()] == [("user:gone", 0)]

    def test_one_user_is_verified_alone(self) -> None:
        a_resource(limit=5)
        ada, eve = a_user("ada@x.org"), a_user()
        Holding.objects.update(limit=6)
        assert len(table("quota-verify", "--user", "ada@x.org")) == 2
        run("quota", "--sync", "--user", ada.uuid)
        assert {one.holder.split(":")[1] for one in limits.verify()} == {eve.uuid}


class TestReconcile:
    """The service's own resource."""

    def test_a_wrong_count_of_waiting_applications_is_found_and_set_right(self) -> None:
        the_resources()
        user = a_user()
        an_application(user)
        assert run("reconcile-resources-astakos")[1].strip() == "No inconsistencies."
        Holding.objects.filter(resource="astakos.pending_app").update(usage_min=3, usage_max=3)
        rows = table("reconcile-resources-astakos")
        assert [(row["Type"], row["Astakos"], row["Quotaholder"]) for row in rows] == [
            ("project", 1, 3),
            ("user", 1, 3),
        ]
        assert table("reconcile-resources-astakos", "--user", "somebody-else") == []
        assert len(table("reconcile-resources-astakos", "--user", user.uuid)) == 1
        run("reconcile-resources-astakos", "--fix")
        assert waiting(user) == 1

    def test_over_a_limit_only_force_sets_right(self) -> None:
        the_resources(waiting=1)
        user = a_user()
        an_application(user)
        Holding.objects.filter(resource="astakos.pending_app").update(
            usage_min=0, usage_max=0, limit=0
        )
        with pytest.raises(CommandError, match="--force"):
            run("reconcile-resources-astakos", "--fix")
        run("reconcile-resources-astakos", "--fix", "--force")
        assert waiting(user) == 1

    def test_pending_commissions_are_reported(self) -> None:
        the_resources()
        user = a_user()
        order = Order(charge(user.uuid, user.uuid, "astakos.pending_app", 1))
        serial = commissions.issue("astakos", order)
        assert str(serial) in run("reconcile-resources-astakos")[1]


class TestStatistics:
    """Figures of the whole cloud."""

    def test_people_and_resources_are_summed(self) -> None:
        a_resource(limit=5)
        a_resource(RAM, limit=INF)
        catalogs.forget()
        ada, eve = a_user(), a_user()
        a_user(accepted=False)
        for person in (ada, eve):
            AuthProvider.objects.get_or_create(user=person, module="local")
        AuthProvider.objects.create(user=eve, module="google", identifier="eve")
        _use(ada, 2)
        _use(eve, 1)
        found = json.loads(run("stats-astakos", "--output-format", "json")[0])
        assert found["users"]["all"] == {"total": 3, "verified": 2, "active": 2}
        assert found["users"]["local"]["exclusive"] == 1
        assert found["resources"]["all"][VM]["used"] == 3
        assert found["resources"]["all"][VM]["allocated"] == 10
        assert found["resources"]["all"][RAM]["allocated"] == 0
        assert found["resources"]["local"][VM] == {
            "used": 2,
            "allocated": 5,
            "unit": None,
            "description": "",
        }
        told, _ = run("stats-astakos")
        assert "Exclusive Users per Provider" in told
        assert "30.0%" in told
