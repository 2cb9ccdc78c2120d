"""Command line and client library of Synnefo clouds."""

__version__ = "0.1.0"
