"""The words that `pithos-manage-accounts` takes, new and former. Spec: operations 6.4."""

from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError

from synnefo.serve.commands import add_list_options

DRY = "show what would happen and change nothing"


def add_commands(parser: ArgumentParser) -> None:
    """Take one command with its words."""
    kinds: tuple[tuple[str, str, Callable[[ArgumentParser], None]], ...] = (
        ("list", "list accounts", _of_list),
        ("delete", "remove an account with everything in it", _of_delete),
        ("merge", "move an account's objects, their past and its groups into another", _of_merge),
        ("export-quota", "write the accounts that are limited here to a file", _of_export),
        ("set-container-quota", "limit a container of one account or of all", _of_limit),
        ("check-statistics", "compare totals with what containers hold", _of_statistics),
    )
    commands = parser.add_subparsers(dest="action", metavar="COMMAND")
    for name, text, fill in kinds:
        fill(commands.add_parser(name, help=text, description=text))


def _of_list(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--duplicate",
        action="store_true",
        help="only accounts whose names are equal but for upper and lower case",
    )
    add_list_options(parser)


def _of_delete(parser: ArgumentParser) -> None:
    parser.add_argument("account", metavar="ACCOUNT")
    _add_dry(parser)


def _of_merge(parser: ArgumentParser) -> None:
    parser.add_argument("source", metavar="SRC", help="the account that is emptied")
    parser.add_argument("target", metavar="DEST", help="the account that takes it all")
    _add_dry(parser)


def _of_export(parser: ArgumentParser) -> None:
    parser.add_argument("--location", metavar="FILE", required=True, help="where to write it")


def _of_limit(parser: ArgumentParser) -> None:
    parser.add_argument("container", metavar="CONTAINER")
    parser.add_argument("quota", metavar="BYTES", help="0 for no limit")
    parser.add_argument("--account", metavar="UUID", help="only in this account")
    parser.add_argument("--report", action="store_true", help="list where it failed")
    _add_dry(parser)


def _of_statistics(parser: ArgumentParser) -> None:
    parser.add_argument("--account", metavar="UUID", help="only this account")
    parser.add_argument("--fix", action="store_true", help="set wrong totals right")


def _add_dry(parser: ArgumentParser) -> None:
    """Take --dry without unsaying one that came before the command."""
    parser.add_argument("--dry", action="store_true", default=SUPPRESS, help=DRY)


def add_former_options(parser: ArgumentParser) -> None:
    """Take the options that stood for commands formerly."""
    former = parser.add_argument_group("former names of list, delete and merge")
    former.add_argument("--list-duplicate", action="store_true", help="list --duplicate")
    former.add_argument("--delete-account", metavar="ACCOUNT", help="delete ACCOUNT")
    former.add_argument("--merge-accounts", action="store_true", help="merge SRC DEST")
    former.add_argument("--src-account", metavar="SRC")
    former.add_argument("--dest-account", metavar="DEST")
    former.add_argument("--dry", action="store_true", help=DRY)


def asked(options: dict[str, Any]) -> str:
    """Tell the command, and lay the words of a former option where the command looks for them."""
    meant = [
        name
        for name, option in (
            (options["action"], options["action"]),
            ("list", options["list_duplicate"]),
            ("delete", options["delete_account"]),
            ("merge", options["merge_accounts"]),
        )
        if option
    ]
    if len(meant) != 1:
        raise CommandError("Name one command; see --help.")
    if options["action"]:
        return meant[0]
    if meant == ["list"]:
        options.update(duplicate=True, output_format="pretty")
    elif meant == ["delete"]:
        options["account"] = options["delete_account"]
    elif not (options["src_account"] and options["dest_account"]):
        raise CommandError("Name both --src-account and --dest-account.")
    else:
        options.update(source=options["src_account"], target=options["dest_account"])
    return meant[0]
