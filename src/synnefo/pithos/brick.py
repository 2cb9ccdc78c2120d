"""What Pithos brings to the web project.

This module is read before Django is set up: modules are named as strings, never imported here.
"""

from synnefo.pithos.settings import PithosSettings
from synnefo.wire.offers import PITHOS

default_settings = [PithosSettings]
web_apps = ["synnefo.pithos"]
urls = ["synnefo.pithos.api.identity", "synnefo.pithos.api.urls"]
jobs: list[str] = ["synnefo.pithos.jobs.sweeps"]
consumers: list[str] = []
services, resources = PITHOS
