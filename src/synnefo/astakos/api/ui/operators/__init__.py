"""What operators see and do, for the web interface and for programs."""
