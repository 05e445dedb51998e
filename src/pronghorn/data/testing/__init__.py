"""Databases for tests, as a plugin of pytest: `pytest_plugins = ["pronghorn.data.testing"]`."""
