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
from synnefo.wire.offers import ASTAKOS

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
services, resources = ASTAKOS
