"""What Cyclades brings to the web project.

This module is read before Django is set up: modules are named as strings, never imported here.
"""

from synnefo.cyclades.image_settings import ImageSettings
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.volume_settings import VolumeSettings
from synnefo.wire.offers import CYCLADES

default_settings = [CycladesSettings, NetworkSettings, ImageSettings, VolumeSettings]
web_apps = ["synnefo.cyclades"]
urls = ["synnefo.cyclades.api.identity", "synnefo.cyclades.api.urls"]
jobs = [
    "synnefo.cyclades.jobs.submit",
    "synnefo.cyclades.jobs.settle",
    "synnefo.cyclades.jobs.networks",
    "synnefo.cyclades.jobs.images",
    "synnefo.cyclades.jobs.volumes",
]
consumers = ["synnefo.cyclades.events.job_outcomes"]
services, resources = CYCLADES
