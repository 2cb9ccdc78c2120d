"""The table of one's own audit entries."""

from synnefo.astakos.api.discovery import identity_url
from synnefo.astakos.api.faults import PAGES
from synnefo.astakos.api.ui import audit
from synnefo.astakos.usecases import callers
from synnefo.serve.http import Api, Route

API = Api(
    "astakos-audit",
    "ui/audit",
    [Route("GET", "/", audit.list_own)],
    fault_style=PAGES,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)
