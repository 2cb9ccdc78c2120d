"""What Cyclades brings to the web project.

This module is read before Django is set up: modules are named as strings, never imported here.
"""

from synnefo.cyclades.settings import CycladesSettings

default_settings = [CycladesSettings]
web_apps = ["synnefo.cyclades"]
urls = ["synnefo.cyclades.api.urls"]
jobs: list[str] = []
consumers: list[str] = []
services: list[dict[str, object]] = []
resources: list[dict[str, object]] = []
