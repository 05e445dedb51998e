"""Sessions: one transaction each, and how signatures ask for them."""
