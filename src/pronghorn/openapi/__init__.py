"""The OpenAPI document: its models, its making, and the pages that show it."""
