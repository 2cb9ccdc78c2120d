"""Every address that Cyclades answers."""

from django.urls import URLPattern

from synnefo.cyclades.api.compute.urls import urlpatterns as compute
from synnefo.cyclades.api.image.urls import urlpatterns as image
from synnefo.cyclades.api.network.urls import urlpatterns as network
from synnefo.cyclades.api.volume.urls import urlpatterns as volume

urlpatterns: list[URLPattern] = [*compute, *network, *image, *volume]
