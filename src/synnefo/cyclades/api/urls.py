"""Every address that Cyclades answers."""

from django.urls import URLPattern

from synnefo.cyclades.api.compute.urls import urlpatterns as compute

urlpatterns: list[URLPattern] = [*compute]
