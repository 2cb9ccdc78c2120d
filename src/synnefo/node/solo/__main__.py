"""Runs `python -m synnefo.node.solo`."""

import sys

from synnefo.node.solo.program import main

sys.exit(main())
