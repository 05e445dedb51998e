"""The same routes, written for other frameworks, where they do the same work."""
