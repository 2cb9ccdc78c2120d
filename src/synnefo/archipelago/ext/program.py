"""One program for all provider scripts: which one, its own name or first argument says."""

import sys
from pathlib import Path

from synnefo.archipelago.ext import presence, storage


def main() -> int:
    """Run the script that the command line means."""
    called, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    verb = arguments[0] if called.startswith("archipelago-ext") and arguments else called
    if verb in storage.SCRIPTS:
        return storage.main(verb)
    if verb in presence.SCRIPTS or verb == "verify":
        return presence.main(verb)
    known = ", ".join(sorted((*presence.SCRIPTS, *storage.SCRIPTS, "verify")))
    sys.stderr.write(f"Say what to do: {known}.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
