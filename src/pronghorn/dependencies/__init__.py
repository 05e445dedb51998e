"""Door to what FastAPI keeps of declarations."""

from typing import TYPE_CHECKING

from pronghorn.incidental import incidental

if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
