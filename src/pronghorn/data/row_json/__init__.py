"""Rows to JSON: answers made of what a select finds."""
