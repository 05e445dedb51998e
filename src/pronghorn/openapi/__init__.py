"""The OpenAPI document: its models, its making, and the pages that show it."""

from typing import TYPE_CHECKING

from pronghorn.incidental import incidental

if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
