"""Command line and client library of Synnefo clouds."""
