"""Who uses a compiled route: ASGI, and our own middleware."""
