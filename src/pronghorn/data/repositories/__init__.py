"""Repositories: the rows of one model as methods, pages, filters and orderings."""
