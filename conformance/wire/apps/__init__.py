"""Applications of our own: where frameworks are likely to differ.  They say `fastapi`."""
