"""One module per noun, one function per verb."""
