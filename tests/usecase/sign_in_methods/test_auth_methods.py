"""Methods of an account, what they bring along, and who races for them."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connections

from synnefo.astakos.domain.identities import Identity
from synnefo.astakos.domain.provider_configs import GroupRule
from synnefo.astakos.models import (
    DATABASE,
    AuthProvider,
    PendingThirdPartyUser,
    Project,
    ProjectMembership,
    QueuedErrand,
    User,
)
from synnefo.astakos.models.projects import ACCEPTED_STATES
from synnefo.astakos.settings import ProviderSettings, SignUpSettings
from synnefo.astakos.usecases import (
    auth_methods,
    groups,
    pending_third_parties,
    provider_messages,
    sign_ups,
    third_parties,
    users,
)
from synnefo.astakos.usecases.sessions import Visit
from synnefo.astakos.usecases.sign_ups import KnownForm
from synnefo.astakos.usecases.third_parties import End
from synnefo.kit import conf
from synnefo.kit.faults import Conflict, Fault, Forbidden, ItemNotFound
from tests.support.astakos import a_project, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
PREFIX = "ASTAKOS_AUTH_PROVIDER"
HERE = Visit("192.0.2.1", "a browser")


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    """Enable a few modules."""
    with conf.override(ProviderSettings, astakos_im_modules=["local", "google", "linkedin"]):
        yield


def an_identity(module: str = "google", identifier: str = "ada", **facts: object) -> Identity:
    """Make an identity."""
    return Identity(module=module, identifier=identifier, **facts)  # type: ignore[arg-type] # tests know


class TestMethods:
    """Attached, exchanged, removed."""

    def test_an_identity_has_one_holder(self) -> None:
        auth_methods.attach(a_user(), an_identity())
        with pytest.raises(Conflict, match="Somebody else"):
            auth_methods.attach(a_user(), an_identity())

    def test_an_unverified_holder_gives_way(self) -> None:
        first = a_user("squatter@example.org", accepted=False)
        auth_methods.attach(first, an_identity())
        second = a_user()
        auth_methods.attach(second, an_identity())
        assert not User.objects.filter(pk=first.pk).exists()
        assert AuthProvider.objects.get(module="google").user == second

    def test_a_limit_holds_and_may_be_raised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        user = a_user()
        auth_methods.attach(user, an_identity())
        with pytest.raises(Forbidden):
            auth_methods.attach(user, an_identity(identifier="ada2"))
        monkeypatch.setitem(conf.current().names, f"{PREFIX}_GOOGLE_LIMIT_POLICY", 2)
        auth_methods.attach(user, an_identity(identifier="ada2"))
        assert user.auth_providers.filter(module="google").count() == 2

    def test_many_at_once_make_one_method(self) -> None:
        user, failures = a_user(), []

        def attach(number: int) -> None:
            try:
                auth_methods.attach(user, an_identity(identifier=f"ada{number % 2}"))
            except Fault as fault:
                failures.append(fault)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=attach, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert user.auth_providers.filter(module="google").count() == 1
        assert len(failures) == 5

    def test_two_accounts_that_race_for_an_identity_share_nothing(self) -> None:
        people, failures = [a_user() for _ in range(4)], []

        def attach(user: User) -> None:
            try:
                auth_methods.attach(user, an_identity())
            except Fault as fault:
                failures.append(fault)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=attach, args=(user,)) for user in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert AuthProvider.objects.filter(module="google").count() == 1
        assert len(failures) == 3

    def test_removing_the_password_makes_it_useless(self) -> None:
        user = a_user()
        auth_methods.attach(user, an_identity())
        auth_methods.remove(user, user.auth_providers.get(module="local").pk)
        user.refresh_from_db()
        assert user.password == ""
        with pytest.raises(Forbidden):
            auth_methods.remove(user, user.auth_providers.get(module="google").pk)

    def test_a_policy_keeps_a_method(self, monkeypatch: pytest.MonkeyPatch) -> None:
        user = a_user()
        record = auth_methods.attach(user, an_identity())
        monkeypatch.setitem(conf.current().names, f"{PREFIX}_GOOGLE_REMOVE_POLICY", False)
        with pytest.raises(Forbidden):
            auth_methods.remove(user, record.pk)

    def test_the_owner_is_told_by_mail(self) -> None:
        user = a_user("ada@example.org")
        record = auth_methods.attach(user, an_identity())
        auth_methods.remove(user, record.pk)
        mails = QueuedErrand.objects.filter(name="astakos.send_mail").order_by("pk")
        told = [
            row.arguments["message"] for row in mails if row.arguments["recipient"] == user.email
        ]
        assert any("Google opens it now, too" in text for text in told)
        assert any("Google was removed" in text for text in told)

    def test_people_from_before_keep_their_password(self) -> None:
        user = a_user()
        user.auth_providers.all().delete()
        assert auth_methods.adopt() == 1
        assert user.auth_providers.get().module == "local"
        assert auth_methods.adopt() == 0


class TestWhatMethodsBring:
    """Groups and projects, given and taken back."""

    def test_groups_of_a_method_come_and_go_with_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(conf.current().names, f"{PREFIX}_GOOGLE_ADD_GROUPS_POLICY", ["g", "h"])
        user = a_user()
        groups.change(user, ["h", "mine"], [])
        record = auth_methods.attach(user, an_identity())
        assert groups.names_of(user) == ("g", "h", "mine")
        auth_methods.remove(user, record.pk)
        assert groups.names_of(user) == ("h", "mine")

    def test_attributes_give_and_take_groups_at_every_sign_in(self) -> None:
        rules = [
            GroupRule("groups", r"unit-(\w+)", group=r"\1"),
            GroupRule("groups", "own", "own"),
        ]
        user = a_user()
        groups.change(user, ["own"], [])
        with conf.override(ProviderSettings, astakos_attribute_rules=rules):
            told = {"groups": ["unit-math", "unit-art", "own"]}
            record = auth_methods.attach(user, an_identity(attributes=told))
            assert groups.names_of(user) == ("art", "math", "own")
            auth_methods.used(record, an_identity(attributes={"groups": ["unit-math"]}))
            assert groups.names_of(user) == ("math", "own")
            auth_methods.used(record, an_identity(attributes={}))
            assert groups.names_of(user) == ("own",)

    def test_attributes_give_and_take_memberships(self) -> None:
        owner, user = a_user(), a_user()
        project = a_project(owner, name="math.example.org")
        Project.objects.filter(pk=project.pk).update(name=project.realname, owner=owner)
        other = a_project(owner, user)
        rules = [GroupRule("unit", r"(\w+)", project=r"\1.example.org")]
        rules.append(GroupRule("unit", "math", project=other.uuid))
        with conf.override(ProviderSettings, astakos_attribute_rules=rules):
            record = auth_methods.attach(user, an_identity(attributes={"unit": ["math", "gone"]}))
            assert is_member(user, project)
            auth_methods.used(record, an_identity(attributes={}))
            assert not is_member(user, project)
            assert is_member(user, other)

    def test_a_project_that_is_full_stops_nobody_from_signing_in(self) -> None:
        user = a_user()
        project = a_project(a_user(), name="full.example.org")
        Project.objects.filter(pk=project.pk).update(limit_on_members_number=1)
        rules = [GroupRule("unit", "math", project=project.uuid)]
        with conf.override(ProviderSettings, astakos_attribute_rules=rules):
            auth_methods.attach(user, an_identity(attributes={"unit": ["math"]}))
        assert not is_member(user, project)


def is_member(user: User, project: Project) -> bool:
    """Tell whether somebody is in a project."""
    seats = ProjectMembership.objects.filter(person=user, project=project)
    return seats.filter(state__in=ACCEPTED_STATES).exists()


class TestPending:
    """Known to a provider, not yet to us."""

    def test_coming_again_leaves_one_record_and_a_fresh_token(self) -> None:
        first = pending_third_parties.keep(an_identity(username="ada"))
        second = pending_third_parties.keep(an_identity(username="ada", email="a@x.org"))
        assert pending_third_parties.find(second).email == "a@x.org"
        with pytest.raises(ItemNotFound):
            pending_third_parties.find(first)
        assert PendingThirdPartyUser.objects.get().username == "ada"
        pending_third_parties.keep(an_identity("linkedin", username="ada"))
        assert PendingThirdPartyUser.objects.filter(username="ada").count() == 1

    def test_the_token_itself_is_not_kept(self) -> None:
        token = pending_third_parties.keep(an_identity())
        assert token not in str(PendingThirdPartyUser.objects.values().get())

    def test_an_identity_that_found_its_account_is_pending_no_more(self) -> None:
        token = pending_third_parties.keep(an_identity())
        auth_methods.attach(a_user(), an_identity())
        with pytest.raises(ItemNotFound):
            pending_third_parties.find(token)

    def test_a_provider_vouches_only_where_the_policy_says_so(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = conf.current().names
        good = an_identity(email="Ada@x.org", email_is_verified=True)
        row = pending_third_parties.find(pending_third_parties.keep(good))
        assert not pending_third_parties.vouches(row, "ada@x.org")
        monkeypatch.setitem(names, f"{PREFIX}_GOOGLE_AUTOVERIFY_POLICY", True)
        assert pending_third_parties.vouches(row, "ada@x.org")
        assert not pending_third_parties.vouches(row, "other@x.org")
        weak = an_identity("linkedin", email="ada@x.org")
        monkeypatch.setitem(names, f"{PREFIX}_LINKEDIN_AUTOVERIFY_POLICY", True)
        row = pending_third_parties.find(pending_third_parties.keep(weak))
        assert not pending_third_parties.vouches(row, "ada@x.org")

    def test_signing_up_makes_an_account_of_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        names = conf.current().names
        monkeypatch.setitem(names, f"{PREFIX}_GOOGLE_AUTOVERIFY_POLICY", True)
        monkeypatch.setitem(names, f"{PREFIX}_GOOGLE_AUTOMODERATE_POLICY", True)
        monkeypatch.setitem(names, f"{PREFIX}_GOOGLE_CREATION_GROUPS_POLICY", ["newcomers"])
        identity = an_identity(email="ada@x.org", email_is_verified=True, first_name="Ada")
        token = pending_third_parties.keep(identity)
        form = KnownForm(token=token, email="ada@x.org", first_name="Ada", last_name="L")
        done = sign_ups.register_known(form, "192.0.2.1")
        assert done.user is not None
        assert done.user.accepted_policy == "auth_provider_google"
        assert groups.names_of(done.user) == ("newcomers",)
        outcome = third_parties.arrive(identity, None, HERE)
        assert outcome.end is End.ENTERED

    def test_where_all_is_forced_no_form_is_needed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        names = conf.current().names
        identity = an_identity(
            email="ada@x.org",
            email_is_verified=True,
            first_name="Ada",
            last_name="L",
            forced=("email", "first_name", "last_name"),
        )
        monkeypatch.setitem(names, f"{PREFIX}_GOOGLE_AUTOVERIFY_POLICY", True)
        assert third_parties.arrive(identity, None, HERE).end is End.PENDING
        users.accept(User.objects.get(email="ada@x.org"))
        assert third_parties.arrive(identity, None, HERE).end is End.ENTERED

    def test_forced_fields_follow_the_provider(self) -> None:
        user = a_user()
        record = auth_methods.attach(user, an_identity())
        told = an_identity(email="new@x.org", first_name="New", forced=("email", "first_name"))
        auth_methods.used(record, told)
        user.refresh_from_db()
        assert (user.email, user.username, user.first_name) == ("new@x.org", "new@x.org", "New")
        taken = a_user("taken@x.org")
        auth_methods.used(record, an_identity(email=taken.email, forced=("email",)))
        user.refresh_from_db()
        assert user.email == "new@x.org"


class TestMessages:
    """Texts of settings."""

    def test_a_setting_replaces_a_message(self, monkeypatch: pytest.MonkeyPatch) -> None:
        names = conf.current().names
        user = a_user()
        record = auth_methods.attach(
            user, an_identity(attributes={}, info={"email": ["ada@gmail.example"]})
        )
        said = provider_messages.say("google", "method_details", user, record)
        assert said == "Google account: ada@gmail.example"
        monkeypatch.setitem(names, f"{PREFIX}_GOOGLE_TITLE", "G of {module}")
        monkeypatch.setitem(
            names,
            f"{PREFIX}S_METHOD_DETAILS",
            "{user_email} {provider_info_email} {user_password}",
        )
        assert provider_messages.title_of("google") == "G of google"
        told = provider_messages.say("google", "method_details", user, record)
        assert told == f"{user.email} ada@gmail.example "

    def test_names_of_the_service_may_be_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        names = conf.current().names
        monkeypatch.setitem(names, f"{PREFIX}_GOOGLE_LOGIN_PROMPT", "To {service_name} by {title}")
        with conf.override(SignUpSettings):
            assert provider_messages.say("google", "login_prompt") == "To Synnefo by Google"
