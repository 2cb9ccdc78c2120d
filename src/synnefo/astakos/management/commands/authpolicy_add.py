"""`snf-manage authpolicy-add`. Spec: identity 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.astakos.domain.auth_policies import PROFILED, Policy
from synnefo.astakos.management.words import refusals, truth
from synnefo.astakos.usecases import auth_profiles
from synnefo.kit.units import is_number
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Makes a policy profile, or changes one."""

    help = "Make a profile of sign-in policies for users and groups; --update changes one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name, the provider and the policies."""
        add_output_options(parser)
        parser.add_argument("name", help="name of the profile")
        parser.add_argument("provider", help="module that the profile is about, such as local")
        parser.add_argument("--update", action="store_true", help="change an existing profile")
        parser.add_argument(
            "--exclusive",
            action="store_true",
            help="be about every provider except the one named",
        )
        for policy in PROFILED:
            parser.add_argument(
                f"--{policy}-policy",
                metavar="VALUE",
                help=f"set the policy {policy}: "
                + ("a number" if policy is Policy.LIMIT else "True or False"),
            )
            parser.add_argument(
                f"--unset-{policy}-policy",
                action="store_true",
                help=f"with --update: say nothing of {policy} any more",
            )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make or change the profile and print it."""
        values = _values(options)
        name, provider, exclusive = options["name"], options["provider"], options["exclusive"]
        with refusals():
            if options["update"]:
                profile = auth_profiles.change(
                    name, values, provider=provider, exclusive=exclusive or None
                )
            else:
                profile = auth_profiles.add(name, provider, values, exclusive=exclusive)
        shown = {"id": profile.pk, "name": profile.name, "provider": profile.provider}
        print_one(self, {**shown, "policies": auth_profiles.values_of(profile)}, options)


def _values(options: dict[str, Any]) -> dict[str, bool | int | None]:
    found: dict[str, bool | int | None] = {}
    for policy in PROFILED:
        text, drop = options[f"{policy}_policy"], options[f"unset_{policy}_policy"]
        if drop and not options["update"]:
            raise CommandError(f"--unset-{policy}-policy goes with --update only.")
        if drop and text is not None:
            raise CommandError(f"Either set or unset the policy {policy}.")
        if drop:
            found[str(policy)] = None
        elif text is not None:
            found[str(policy)] = _value(policy, text)
    return found


def _value(policy: Policy, text: str) -> bool | int:
    if policy is not Policy.LIMIT:
        return truth(text)
    if not is_number(text):
        raise CommandError(f"'{text}' is no number of methods.")
    return int(text)
