"""Settings of the web project. Spec: operations 3."""

from typing import Any

import msgspec


class WebprojectSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings that all components on a host share."""

    debug: bool = False
    """Show details of failures to browsers; never on a public site."""
    secret_key: str = "set-me-in-99-local.conf"  # noqa: S105 - a sample
    """Signs cookies. Every installation needs its own."""
    allowed_hosts: list[str] = msgspec.field(default_factory=lambda: ["*"])
    """Host names that this site answers to."""
    databases: dict[str, dict[str, Any]] = {}
    """Databases by alias; a brick without one of its own uses `default`. Spec: operations 12."""
    webproject_root_redirect: str = "/ui/"
    """Where `/` leads."""
    webproject_internal_transport: bool = True
    """Call bricks of this host in process instead of over a socket."""
    trusted_proxies: list[str] = []
    """Addresses whose X-Forwarded-Proto and X-Real-IP headers count. Spec: operations 5.2."""
    ui_dir: str = ""
    """Folder of the built web interface; empty: the one that is installed."""
    ui_script_sources: list[str] = []
    """Other sites whose scripts and frames pages may use, such as `https://www.google.com` and
    `https://www.gstatic.com` for reCAPTCHA."""
    console_gateway_socket: str = ""
    """Unix socket of the console gateway; empty: `run/vnc-gateway.sock` in the data folder."""
