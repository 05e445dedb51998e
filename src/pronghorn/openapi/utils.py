"""Door to FastAPI's names for writing documents; some packages put their own in their place."""

from typing import TYPE_CHECKING

from pronghorn.incidental import incidental
from pronghorn.openapi.answers import *  # noqa: F403 - its `__all__` is what FastAPI has here
from pronghorn.openapi.document import get_openapi as get_openapi
from pronghorn.openapi.operations import *  # noqa: F403 - as above
from pronghorn.openapi.schemas import *  # noqa: F403 - as above

if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
