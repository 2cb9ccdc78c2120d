"""Layers of policies, attributes of providers, messages: decided without any database."""

import msgspec
import pytest

from synnefo.astakos.domain import auth_policies, identities, provider_messages
from synnefo.astakos.domain.auth_policies import Layer, Policies, Policy, Profile, Standing
from synnefo.astakos.domain.identities import Person, Reading
from synnefo.astakos.domain.provider_configs import GroupRule, LdapServer, OidcProvider
from synnefo.kit.faults import BadRequest, Forbidden


class TestLayers:
    """The more special layer wins."""

    def test_each_layer_overrides_the_one_before(self) -> None:
        layers: list[Layer] = [{"limit": 1, "add": False}, {"limit": 2}, {Policy.LIMIT: 3}]
        assert auth_policies.resolve(layers) == Policies(limit=3, add=False)

    @pytest.mark.parametrize("layer", [{"limit": "many"}, {"login": 1}, {"no-policy": True}])
    def test_values_of_a_wrong_type_are_refused(self, layer: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            auth_policies.resolve([layer])

    def test_a_profile_is_about_its_provider_and_an_exclusive_one_about_the_others(self) -> None:
        rows = [Profile("local", False, {"add": False}), Profile("ldap", True, {"login": False})]
        assert auth_policies.layer_of(rows, "local") == {"add": False, "login": False}
        assert auth_policies.layer_of(rows, "ldap") == {}
        assert auth_policies.layer_of(rows, "google") == {"login": False}

    def test_later_profiles_win(self) -> None:
        rows = [Profile("local", False, {"limit": n}) for n in (5, 7)]
        assert auth_policies.layer_of(rows, "local") == {"limit": 7}

    @pytest.mark.parametrize(
        ("standing", "expected"),
        [
            (Standing(methods=0, of_module=0), (True, False, True)),
            (Standing(methods=1, of_module=1), (False, False, True)),
            (Standing(methods=2, of_module=1), (False, True, False)),
            (Standing(methods=2, of_module=0), (True, True, True)),
            (Standing(methods=2, of_module=0, is_taken=True), (False, True, False)),
        ],
    )
    def test_what_an_account_has_narrows_what_it_may(
        self, standing: Standing, expected: tuple[bool, bool, bool]
    ) -> None:
        found = auth_policies.narrow(Policies(), standing)
        assert (found.add, found.remove, found.switch) == expected

    def test_defaults_follow_moderation_and_kind(self) -> None:
        assert auth_policies.defaults_of("google", moderation=True) == {"automoderate": False}
        found = auth_policies.defaults_of("ldap", moderation=False)
        assert found == {"automoderate": True, "switch": False}


def reading(**attr_map: tuple[object, bool]) -> Reading:
    """Read attributes by the map of OpenID Connect, changed."""
    return Reading("m", {**identities.default_map("oidc"), **attr_map}, ("email",))  # type: ignore[dict-item] # odd ones on purpose


class TestIdentities:
    """From a provider's attributes to an account's fields."""

    def test_fields_are_read_by_the_map(self) -> None:
        told = {"sub": [" 1 "], "email": ["a@x.org"], "nick": ["ada"], "more": ["x"]}
        found = identities.identity_of(
            reading(first_name=("nick", False)), Person(attributes=told)
        )
        assert (found.identifier, found.first_name, found.last_name) == ("1", "ada", "")
        assert found.forced == ("first_name",)
        assert found.info == {"email": ["a@x.org"]}

    def test_a_source_may_be_a_function(self) -> None:
        found = identities.identity_of(
            reading(email=(lambda told: told["sub"][0] + "@x.org", True)),
            Person(attributes={"sub": ["7"]}),
        )
        assert found.email == "7@x.org"

    def test_what_must_be_there_must_be_there(self) -> None:
        with pytest.raises(Forbidden, match="identifier"):
            identities.identity_of(reading(), Person(attributes={"email": ["a@x.org"]}))
        with pytest.raises(Forbidden, match="email"):
            identities.identity_of(
                reading(email=("email", False)), Person(attributes={"sub": ["1"]})
            )

    @pytest.mark.parametrize("value", ["a" * 256, "a\x00b"])
    def test_values_that_cannot_be_kept_are_refused(self, value: str) -> None:
        with pytest.raises(BadRequest):
            identities.identity_of(reading(), Person(attributes={"sub": [value]}))

    def test_rules_give_groups_and_projects(self) -> None:
        rules = [
            GroupRule("groups", r"unit-(\w+)", group=r"mapped-\1", project=r"\1.example.org"),
            GroupRule("role", "admin", group="operators", module="other"),
            GroupRule("role", "admin|boss", group="bosses"),
        ]
        told = {"groups": ["unit-math", "unit-math-more", "x"], "role": ["admin"]}
        found = identities.given_by(rules, "m", told)
        assert found.groups == {"mapped-math", "bosses"}
        assert found.projects == {"math.example.org"}

    @pytest.mark.parametrize(
        "rule",
        [
            {"attribute": "a", "pattern": "("},
            {"attribute": "a", "pattern": "x", "group": r"\1"},
            {"attribute": "a", "pattern": "x", "project": r"\g<name>"},
        ],
    )
    def test_a_rule_that_means_nothing_stops_the_start(self, rule: dict[str, str]) -> None:
        with pytest.raises(msgspec.ValidationError, match="no rule"):
            msgspec.convert(rule, GroupRule)


class TestMessages:
    """Sentences filled from names alone."""

    def test_names_are_filled_and_unknown_ones_vanish(self) -> None:
        assert provider_messages.fill("{title} for {nobody}.", {"title": "X"}) == "X for ."

    @pytest.mark.parametrize("text", ["{title.__class__}", "{title[0]}", "{title!r}"])
    def test_nothing_but_names_is_looked_up(self, text: str) -> None:
        assert provider_messages.fill(text, {"title": "secret"}) == text

    def test_values_are_never_filled_in_turn(self) -> None:
        found = provider_messages.fill("{username}", {"username": "{title}", "title": "X"})
        assert found == "{title}"


class TestSecrets:
    """Settings are shown without them."""

    @pytest.mark.parametrize(
        "shown",
        [
            OidcProvider(issuer="https://x", client_id="c", client_secret="hidden"),
            LdapServer(uri="ldaps://x", bind_password="hidden"),
        ],
    )
    def test_secrets_are_masked(self, shown: object) -> None:
        assert "hidden" not in repr(shown)
        assert "hidden" not in repr({"a": shown})
