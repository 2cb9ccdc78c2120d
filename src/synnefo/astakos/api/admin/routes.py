"""The table of the administrative API. Spec: identity 10."""

from synnefo.astakos.api.account.routes import token_of
from synnefo.astakos.api.admin import statistics
from synnefo.astakos.api.faults import ASTAKOS
from synnefo.astakos.usecases import callers
from synnefo.serve.http import Api, Route

API = Api(
    "astakos-admin",
    "admin",
    [
        Route("GET", "/stats", statistics.show_totals, auth=False),
        Route("GET", "/stats/detail", statistics.show_detail),
    ],
    fault_style=ASTAKOS,
    authenticate=callers.authenticate,
    token_of=token_of,
)
