"""What Astakos does, one module per noun."""
