"""Settings of outgoing mail and of the name the site goes by. Spec: identity 18.6, 18.8."""

from typing import Literal

import msgspec

Person = tuple[str, str]
"""A name and an e-mail address."""


class MailSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Outgoing mail: from whom, by which server, to which operators."""

    email_transport: Literal["smtp", "file", "console"] = "smtp"
    """How mails leave: `smtp`, `file` (one file each, in `EMAIL_FILE_PATH`) or `console`."""
    email_file_path: str = ""
    """Folder of the transport `file`; empty: `mail` in the data folder."""
    email_host: str = "localhost"
    """The mail server that takes our mails."""
    email_port: int = 25
    """Its port."""
    email_host_user: str = ""
    """Whom to sign in as there; empty: nobody."""
    email_host_password: str = ""
    """The password of that user."""
    email_use_tls: bool = False
    """Whether to begin TLS after the greeting (STARTTLS)."""
    email_use_ssl: bool = False
    """Whether to speak TLS from the first byte, as on port 465."""
    email_timeout: float = 30
    """Seconds to wait for the mail server."""
    email_give_up_after: int = 259200
    """Seconds after which a mail that no server takes is given up."""
    server_email: str = "Synnefo <no-reply@localhost>"
    """The sender of every mail."""
    contact_email: str = "support@localhost"
    """Where people find support; shown in mails and on pages."""
    admins: list[Person] = []
    """Names and addresses of those who run the machines."""
    managers: list[Person] = []
    """Names and addresses of those who decide about people and projects."""
    helpdesk: list[Person] = []
    """Names and addresses of those who help people."""
    template_dirs: list[str] = msgspec.field(default_factory=lambda: ["/etc/synnefo/templates/"])
    """Folders whose files replace the texts of mails, each at the path of the shipped one."""


class BrandingSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """The name and the looks the site goes by."""

    branding_service_name: str = "Synnefo"
    """What this cloud is called."""
    branding_service_url: str = "http://www.synnefo.org/"
    """Where to read about it."""
    branding_company_name: str = "GRNET"
    """Who runs it."""
    branding_company_url: str = "https://www.grnet.gr/en/"
    """Where to read about them."""
    branding_image_media_url: str = "/static/branding/images/"
    """Where the pictures of the site lie."""
    branding_favicon_url: str = ""
    """The small picture in browsers' tabs; empty: the shipped one."""
    branding_dashboard_logo_url: str = ""
    """The logo of the pages; empty: the shipped one."""
    branding_cloudbar_home_url: str = ""
    """Picture at the left end of the bar above all services; empty: the mark."""
    branding_compute_logo_url: str = ""
    """The logo on pages about machines; empty: as on all pages."""
    branding_console_logo_url: str = ""
    """The logo on a machine's console; empty: as on all pages."""
    branding_storage_logo_url: str = ""
    """The logo on pages about files; empty: as on all pages."""
    branding_fonts_css_urls: list[str] = []
    """Accepted from old settings files and ignored: pages load nothing from other hosts."""
    branding_show_copyright: bool = True
    """Whether the foot of each page tells who has the copyright."""
    branding_copyright_message: str = ""
    """That line; empty: the years, and the company's name."""
    branding_footer_extra_message: str = ""
    """A line above it, as plain text."""
