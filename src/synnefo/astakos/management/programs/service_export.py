"""`snf-service-export <component> <base_url>`. Spec: identity 16.11."""

import sys

from synnefo.astakos.management.programs import manage

KNOWN = ("astakos", "cyclades", "pithos")
USAGE = "Usage: snf-service-export <component> <base_url>\n"


def main() -> None:
    """Print the public services of a component for a base address."""
    arguments = sys.argv[1:]
    if arguments in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return
    if len(arguments) != 2:
        sys.stderr.write(USAGE)
        sys.exit(1)
    component, base_url = arguments
    if component not in KNOWN:
        sys.stderr.write(f"'{component}' is no component. There are: {', '.join(KNOWN)}.\n")
        sys.exit(1)
    sys.stdout.write(manage.run("service-export", component, base_url))


if __name__ == "__main__":
    main()
