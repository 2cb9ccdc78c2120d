"""Every address that Cyclades answers."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
