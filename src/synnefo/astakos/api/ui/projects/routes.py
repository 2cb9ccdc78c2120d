"""The table of what the pages about projects and usage ask."""

from synnefo.astakos.api.discovery import identity_url
from synnefo.astakos.api.faults import PAGES
from synnefo.astakos.api.ui.projects import forms, pages, people, resources
from synnefo.astakos.usecases import callers
from synnefo.serve.http import Api, Route

ROUTES = [
    Route("GET", "/", pages.list_projects),
    Route("GET", "/usage", resources.show_usage),
    Route("GET", "/options", forms.show_options),
    Route("POST", "/forecast", forms.look_ahead),
    Route("GET", "/applications", forms.list_applications),
    Route("GET", "/applications/{application_id}", forms.show_application),
    Route("GET", "/{project_id}", pages.show_project),
    Route("GET", "/{project_id}/story", pages.show_story),
    Route("GET", "/{project_id}/history", resources.show_history),
    Route("GET", "/{project_id}/members", people.list_members),
    Route("POST", "/{project_id}/members", people.act_on_members),
    Route("POST", "/{project_id}/enroll", people.enroll_members),
]

API = Api(
    "astakos-projects",
    "ui/projects",
    ROUTES,
    fault_style=PAGES,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)
