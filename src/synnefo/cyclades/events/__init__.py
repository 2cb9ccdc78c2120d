"""Messages that come in over the bus."""
