"""Door to Starlette's WSGIMiddleware."""

from starlette.middleware.wsgi import WSGIMiddleware as WSGIMiddleware
