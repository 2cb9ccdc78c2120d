"""The compute API, in both its dialects."""
