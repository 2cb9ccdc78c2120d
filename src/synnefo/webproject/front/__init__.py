"""The web server's door: what takes requests from sockets and gives answers back."""
