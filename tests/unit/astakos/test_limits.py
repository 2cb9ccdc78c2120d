"""Limits, amounts, states and definitions of Astakos: pure decisions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.astakos.domain import account_states, catalogs, definitions, limits
from synnefo.astakos.domain.account_states import Account, Action
from synnefo.astakos.domain.limits import Grant, parse_amount, show_amount
from synnefo.kit.faults import BadRequest, Conflict
from synnefo.wire.provisions import INF

GIB = 2**30


class TestLimits:
    """Where limits come from. Spec: identity 4.5, 4.7."""

    def test_they_hold_only_while_everything_is_in_force(self) -> None:
        grant = Grant(project=20, member=5)
        assert limits.project_limit(grant, project_normal=True) == 20
        assert limits.project_limit(grant, project_normal=False) == 0
        assert limits.member_limit(grant, project_normal=True, accepted=True) == 5
        assert limits.member_limit(grant, project_normal=True, accepted=False) == 0
        assert limits.member_limit(grant, project_normal=False, accepted=True) == 0

    def test_first_limits(self) -> None:
        assert limits.skeleton(7, 3, is_system=True) == 7
        assert limits.skeleton(7, 3, is_system=False) == 3
        assert limits.first_project_default(api_visible=True) == 0
        assert limits.first_project_default(api_visible=False) == INF


class TestAmounts:
    """Spec: identity 4.11, FIX-18."""

    @pytest.mark.parametrize(
        ("text", "amount"),
        [
            ("5", 5),
            ("inf", INF),
            ("Infinite", INF),
            ("10 bytes", 10),
            ("1k", 1024),
            ("10G", 10 * GIB),
            ("10GB", 10 * GIB),
            ("1.5 GiB", 3 * GIB // 2),
            (str(INF), INF),
        ],
    )
    def test_what_is_understood(self, text: str, amount: int) -> None:
        assert parse_amount(text) == amount

    @pytest.mark.parametrize("text", ["", "-1", "five", "1X", "1 2", "1e3", str(INF + 1)])
    def test_what_is_not(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"amount|counted"):
            parse_amount(text)

    @pytest.mark.parametrize(
        ("amount", "unit", "style", "text"),
        [
            (INF, None, "mb", "inf"),
            (INF, None, "none", str(INF)),
            (5, None, "mb", "5"),
            (10 * GIB, "bytes", "auto", "10 GB"),
            (10 * GIB, "bytes", "mb", "10240 MB"),
            (GIB + 1, "bytes", "gb", "1.00 GB"),
            (512 * 2**20 + 1, "bytes", "gb", "0.500 GB"),
            (12 * GIB + 2**29, "bytes", "gb", "12.5 GB"),
            (100, "bytes", "b", "100 bytes"),
        ],
    )
    def test_how_they_are_written(
        self, amount: int, unit: str | None, style: str, text: str
    ) -> None:
        assert show_amount(amount, unit, style) == text

    @given(st.integers(min_value=0, max_value=INF - 1))
    def test_a_plain_number_is_read_exactly(self, amount: int) -> None:
        assert parse_amount(show_amount(amount, "bytes", "none")) == amount


class TestAccounts:
    """Spec: identity 3.2."""

    NEW = Account()
    VERIFIED = Account(verified=True)
    ACTIVE = Account(verified=True, moderated=True, active=True, policy="manual")
    ASLEEP = Account(verified=True, moderated=True, policy="email", reason="left")
    REJECTED = Account(verified=True, moderated=True, rejected=True, reason="spam")

    @pytest.mark.parametrize(
        ("account", "allowed"),
        [
            (NEW, {Action.VERIFY, Action.DELETE}),
            (VERIFIED, {Action.ACCEPT, Action.REJECT, Action.DELETE}),
            (ACTIVE, {Action.DEACTIVATE}),
            (ASLEEP, {Action.ACTIVATE, Action.DEACTIVATE}),
            (REJECTED, {Action.ACCEPT, Action.DELETE}),
        ],
    )
    def test_what_may_be_done_in_each_state(self, account: Account, allowed: set[Action]) -> None:
        for action in Action:
            if action in allowed:
                account_states.check(action, account)
            else:
                with pytest.raises(Conflict):
                    account_states.check(action, account)

    def test_states_in_words(self) -> None:
        shown = [
            account_states.show(account)
            for account in (self.NEW, self.VERIFIED, self.ACTIVE, self.ASLEEP, self.REJECTED)
        ]
        assert shown == [
            "Pending email verification",
            "Pending moderation",
            "Accepted/Active (manually accepted)",
            "Accepted/Inactive (left) (accepted policy: email)",
            "Rejected (spam)",
        ]

    def test_who_gets_in_at_once(self) -> None:
        patterns = [r".*@example\.org$"]
        policy = account_states.acceptance_policy
        assert policy("a@x.org", moderation=False, patterns=[]) == "auto_moderation"
        assert policy("a@example.org", moderation=True, patterns=patterns) == "email"
        assert policy("a@x.org", moderation=True, patterns=patterns) is None


class TestDefinitions:
    """Spec: identity 17."""

    def test_addresses_are_filled_in(self) -> None:
        data = {
            "a": {
                "type": "compute",
                "component": "c",
                "prefix": "compute",
                "endpoints": [
                    {"versionId": "v2.0", "publicURL": None, "SNF:exposeVersion": True},
                    {"versionId": "v1", "publicURL": None, "SNF:exposeVersion": False},
                    {"versionId": "v3", "publicURL": "http://elsewhere/v3"},
                ],
            }
        }
        service = definitions.read_services(data)[0]
        urls = [one["publicURL"] for one in definitions.filled(service, "http://h/c/")]
        assert urls == ["http://h/c/compute/v2.0", "http://h/c/compute", "http://elsewhere/v3"]

    @pytest.mark.parametrize(
        "data",
        [
            [],
            {"a": {}},
            {"a": {"type": "x"}},
            {"a": {"type": "x", "component": "c", "resources": {"r": {"name": "r"}}}},
        ],
    )
    def test_what_is_incomplete_is_refused(self, data: object) -> None:
        with pytest.raises(BadRequest):
            definitions.read_services(data)

    def test_resources_stay_with_their_service_and_are_shown_with_sense(self) -> None:
        good = {"name": "r", "service_type": "x", "service_origin": "a"}
        for wrong in ({"service_origin": "b"}, {"ui_visible": True, "api_visible": False}):
            service = {"type": "x", "component": "c", "resources": {"r": {**good, **wrong}}}
            with pytest.raises(BadRequest):
                definitions.read_services({"a": service})
        with pytest.raises(BadRequest):
            definitions.read_resources({"no": "list"})


class TestCatalogues:
    """Each service is in one of the two."""

    def test_openstack_and_platform_are_kept_apart(self) -> None:
        entries = [
            catalogs.Entry(
                "swift", "object-store", True, "", ({"publicURL": "u/%(project_id)s"},)
            ),
            catalogs.Entry("pithos", "object-store", False, "http://ui", ({"publicURL": "v"},)),
            catalogs.Entry("astakos_weblogin", "w", False, "", ({"publicURL": "l"},)),
        ]
        third = catalogs.v3(entries, region="here", project_id="p")
        assert [one.name for one in third] == ["swift"]
        assert {endpoint.url for endpoint in third[0].endpoints} == {"u/p"}
        second = catalogs.v2(entries)
        assert [one.name for one in second] == ["pithos", "astakos_weblogin"]
        assert second[0].endpoints[0]["SNF:uiURL"] == "http://ui"
        assert second[1].endpoints[0]["SNF:webloginURL"] == "l"
