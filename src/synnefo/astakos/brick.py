"""What Astakos brings to the web project.

This module is read before Django is set up: modules are named as strings, never imported here.
"""

from synnefo.astakos.settings import (
    AdminSettings,
    AstakosSettings,
    OAuthSettings,
    ProjectSettings,
    ProviderSettings,
    SecuritySettings,
    SignUpSettings,
    StatisticsSettings,
)

default_settings = [
    ProjectSettings,
    ProviderSettings,
    AstakosSettings,
    SecuritySettings,
    SignUpSettings,
    OAuthSettings,
    StatisticsSettings,
    AdminSettings,
]
web_apps = ["synnefo.astakos"]
urls = ["synnefo.astakos.api.urls"]
jobs = [
    "synnefo.astakos.jobs.audit",
    "synnefo.astakos.jobs.forget",
    "synnefo.astakos.jobs.letters",
    "synnefo.astakos.jobs.projects",
    "synnefo.astakos.jobs.providers",
    "synnefo.astakos.jobs.sign_up",
    "synnefo.astakos.jobs.security",
]
consumers: list[str] = []
services: list[dict[str, object]] = [
    {
        "name": "astakos_account",
        "type": "account",
        "component": "astakos",
        "prefix": "account",
        "endpoints": [{"versionId": "v1.0", "publicURL": None, "SNF:exposeVersion": True}],
    },
    {
        "name": "astakos_identity",
        "type": "identity",
        "component": "astakos",
        "prefix": "identity",
        "endpoints": [{"versionId": "v2.0", "publicURL": None, "SNF:exposeVersion": True}],
    },
    {
        "name": "astakos_weblogin",
        "type": "astakos_weblogin",
        "component": "astakos",
        "prefix": "weblogin",
        "endpoints": [{"versionId": "", "publicURL": None, "SNF:exposeVersion": False}],
    },
    {
        "name": "astakos_oauth2",
        "type": "astakos_auth",
        "component": "astakos",
        "prefix": "oauth2",
        "endpoints": [{"versionId": "", "publicURL": None, "SNF:exposeVersion": False}],
    },
    {
        "name": "astakos_ui",
        "type": "astakos_ui",
        "component": "astakos",
        "prefix": "ui",
        "public": False,
        "endpoints": [{"versionId": "", "publicURL": None, "SNF:exposeVersion": False}],
    },
    {
        "name": "keystone",
        "type": "identity",
        "component": "astakos",
        "catalog": "openstack",
        "path": "identity/v3",
        "endpoints": [{"versionId": "v3"}],
    },
]
resources: list[dict[str, object]] = [
    {
        "name": "astakos.pending_app",
        "desc": "Project applications that wait for an answer",
        "service_type": "account",
        "service_origin": "astakos_account",
        "unit": None,
        "ui_visible": False,
        "api_visible": False,
    },
]
