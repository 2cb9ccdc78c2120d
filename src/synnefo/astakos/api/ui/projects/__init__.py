"""What the pages about projects and usage ask."""
