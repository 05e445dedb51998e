"""Door to Starlette's middleware."""

from typing import TYPE_CHECKING

from starlette.middleware import Middleware as Middleware

from pronghorn.incidental import incidental

if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
