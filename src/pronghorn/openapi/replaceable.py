"""Names that other packages replace in FastAPI's module, and where they are looked up.

Some set a function of their own on `fastapi.openapi.utils`, or a schema for their own errors.
"""

import sys
from typing import TypeVar, cast

T = TypeVar("T")
DOOR = "pronghorn.openapi.utils"


def in_use(name: str, ours: T) -> T:
    """What the door holds as *name*: *ours*, or what somebody put there.

    A door that nobody opened holds nothing else, so it is not opened for this.
    """
    return cast("T", getattr(sys.modules.get(DOOR), name, ours))
