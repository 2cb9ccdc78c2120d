"""What projects need from time to time."""
