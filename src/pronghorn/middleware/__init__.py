"""Door to Starlette's middleware."""

from starlette.middleware import Middleware as Middleware
