"""Run `snf-ganeti-eventd` as `python -m synnefo.node.eventd`."""

import sys

from synnefo.node.eventd.program import main

sys.exit(main())
