"""What an application was made with that FastAPI's have not: for its layers and its routes.

It stands under one private name.  People derive from `FastAPI` and set attributes of their own,
and `app.access_log` may well be one of them.
"""

from typing import Any, Final
from weakref import WeakSet

from pronghorn._record import record

NAME: Final = "_pronghorn_options"
"""Where it stands in an application."""


@record
class AppOptions:
    """The options that are ours, as they were given."""

    commit_before_response: bool = False
    query_budget: int | None = None
    access_log: str | None = None
    server_timing: bool = False


NONE: Final = AppOptions()

asked_apps: WeakSet[Any] = WeakSet()
"""All whose routes are to commit early or have a budget: while there is none, nobody has to ask."""


def options_of(app: Any) -> AppOptions:
    """Those of *app*; of what is no application of ours, those that are not said."""
    found = getattr(app, NAME, None)
    return found if isinstance(found, AppOptions) else NONE
