"""`snf-component-register [<component>]`: registers the standard components, step by step.

It works unattended with the answers on standard input. Spec: identity 16.11.
"""

import sys

from synnefo.astakos.management.programs import manage
from synnefo.astakos.management.programs.service_export import KNOWN

USAGE = "Usage: snf-component-register [astakos | cyclades | pithos]\n"


def main() -> None:
    """Register the component that is named, or all three."""
    arguments = sys.argv[1:]
    if arguments in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return
    if len(arguments) > 1:
        sys.stderr.write(USAGE)
        sys.exit(1)
    unknown = [name for name in arguments if name not in KNOWN]
    if unknown:
        sys.stderr.write(f"'{unknown[0]}' is no component. There are: {', '.join(KNOWN)}.\n")
        sys.exit(1)
    registered = _registered()
    done = [name for name in arguments or KNOWN if _register(name, name in registered)]
    if done:
        sys.stdout.write(
            "\nSet the default limits of the new resources now: `snf-manage resource-list` shows "
            "them,\n`snf-manage resource-modify NAME --system-default LIMIT` sets one.\n"
        )


def _register(name: str, is_there: bool) -> bool:
    question = f"{name} is registered. Register it anew?" if is_there else f"Register {name}?"
    if not _yes(question):
        return False
    base_url = _ask(f"Base URL of {name} (such as https://node1.example.com/{name}): ")
    ui_url = _ask(f"URL of the web interface of {name} (empty for none): ")
    if not _yes(f"Register {name} at {base_url}, web interface {ui_url or 'none'}?"):
        return False
    addresses = ("--base-url", base_url, "--ui-url", ui_url)
    if is_there:
        manage.run("component-modify", name, *addresses, "--purge-services")
    else:
        sys.stdout.write(manage.run("component-add", name, *addresses))
        _ask("Put the token into the settings of the component, then press Enter. ")
    services = manage.run("service-export", name, base_url)
    sys.stdout.write(manage.run("service-import", "--json", "-", given=services))
    return True


def _registered() -> set[str]:
    names = manage.run("component-list", "-o", "name", "--output-format", "csv", "--no-headers")
    return set(names.split())


def _yes(question: str) -> bool:
    while True:
        answer = _ask(f"{question} (y/n): ").lower()
        if answer in ("y", "yes"):
            return True
        if answer in ("n", "no"):
            return False


def _ask(question: str) -> str:
    sys.stdout.write(question)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\nThere are no more answers on standard input.\n")
        sys.exit(1)
    if not sys.stdin.isatty():
        sys.stdout.write("\n")
    return line.strip()


if __name__ == "__main__":
    main()
