"""`snf-manage project-control`. Spec: identity 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.domain import projects as rules
from synnefo.astakos.domain.applications import ApplicationAction
from synnefo.astakos.domain.projects import ProjectAction
from synnefo.astakos.management.words import refusals
from synnefo.astakos.models import Project
from synnefo.astakos.usecases import applications, project_states, projects
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options

COLUMNS = ("Project", "Name", "Status", "Expiration date")
DONE: dict[str, str] = {
    ApplicationAction.APPROVE: "approved",
    ApplicationAction.DENY: "denied",
    **{str(action): word for action, word in project_states.PAST.items()},
}


class Command(BaseCommand):
    """Decides about applications, and suspends, terminates and brings back projects."""

    help = "Approve or deny an application; suspend, terminate or bring back a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take exactly one thing to do, and why."""
        add_output_options(parser)
        parser.add_argument("-m", "--message", default="", help="why, for the log and the mails")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--approve", type=int, metavar="APP", help="approve an application")
        what.add_argument("--deny", type=int, metavar="APP", help="deny an application")
        for action in ProjectAction:
            what.add_argument(f"--{action}", metavar="PROJECT", help=f"{action} a project")
        what.add_argument(
            "--check-expired", action="store_true", help="list projects past their end date"
        )
        what.add_argument("--terminate-expired", action="store_true", help="terminate all of them")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do the one thing."""
        reason = options["message"]
        with refusals():
            if options["check_expired"]:
                self._table(project_states.expired(), options)
            elif options["terminate_expired"]:
                self._table(project_states.terminate_expired(reason=reason), options)
            elif options["approve"] is not None or options["deny"] is not None:
                self._decide(options, reason)
            else:
                self._move(options, reason)

    def _decide(self, options: dict[str, Any], reason: str) -> None:
        approves = options["approve"] is not None
        action = ApplicationAction.APPROVE if approves else ApplicationAction.DENY
        found = applications.find(options[action])
        made = applications.act(found, action, reason=reason)
        told = f"Application {made.pk} for the project {made.chain.uuid}"
        self.stdout.write(f"{told} ({made.chain.realname}) was {DONE[action]}.")

    def _move(self, options: dict[str, Any], reason: str) -> None:
        action = next(one for one in ProjectAction if options[one])
        moved = project_states.act(projects.find(options[action]), action, reason=reason)
        self.stdout.write(f"The project {moved.uuid} ({moved.realname}) was {DONE[action]}.")

    def _table(self, found: Any, options: dict[str, Any]) -> None:
        rows = [_row(project) for project in found]
        if not rows and options["output_format"] == "pretty":
            self.stdout.write("No project is past its end date.")
            return
        self.stdout.write(tables.render(rows, list(COLUMNS), options["output_format"]))


def _row(project: Project) -> dict[str, Any]:
    word = rules.show(project.state, None)
    shown = (project.uuid, project.realname, word, project.end_date)
    return dict(zip(COLUMNS, shown, strict=True))
