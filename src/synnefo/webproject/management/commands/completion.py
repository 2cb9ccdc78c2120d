"""`snf-manage completion`: what lets a shell complete commands and their options."""

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, get_commands, load_command_class

from synnefo.webproject.manage import KEPT

_BASH = """\
# Completion of snf-manage; save as /etc/bash_completion.d/snf-manage
_snf_manage() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" command="" at
    for ((at = 1; at < COMP_CWORD; at++)); do
        case "${{COMP_WORDS[at]}}" in
            --data) at=$((at + 1)) ;;
            help) ;;
            *) command="${{COMP_WORDS[at]}}"; break ;;
        esac
    done
    if [[ -z $command ]]; then
        COMPREPLY=($(compgen -W "help --data {names}" -- "$word"))
        return
    fi
    local options=""
    case "$command" in
{cases}
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}}
complete -o default -F _snf_manage snf-manage
"""
_ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


class Command(BaseCommand):
    """Writes a completion script."""

    help = "Print a script that completes commands and options in bash or zsh."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the shell."""
        parser.add_argument("shell", nargs="?", choices=("bash", "zsh"), default="bash")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        known = {
            name.replace("_", "-"): _options(name, app)
            for name, app in sorted(get_commands().items())
            if not str(app).startswith("django.") or name in KEPT
        }
        cases = [
            f'        {name}) options="{" ".join(found)}" ;;' for name, found in known.items()
        ]
        script = _BASH.format(
            names=" ".join(known), cases="\n".join(f"        {case}" for case in cases)
        )
        self.stdout.write((_ZSH if options["shell"] == "zsh" else "") + script)


def _options(name: str, app: object) -> list[str]:
    """List the long options of a command."""
    command = app if isinstance(app, BaseCommand) else load_command_class(str(app), name)
    usage = command.create_parser("snf-manage", name).format_help()
    return sorted(set(re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]*", usage)))
