"""The message bus and its adapters."""
