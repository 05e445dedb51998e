"""The mode that a process, or one application of it, runs in.

- *tests*: Pronghorn's pytest plugin is loaded.  What may be wrong fails.
- *development*: `FASTAPI_ENV=development`, as `fastapi dev` sets it, or the application was made
  with `debug=True`.  What may be wrong is warned about.
- *production*: neither.  Nothing is watched that would cost something.

It is asked for when something is made ready, not in a request.  Tests come first: a run of tests
with `FASTAPI_ENV=development` in its environment is one of tests.
"""

import os
from typing import Any, Literal

Mode = Literal["development", "tests", "production"]

_plugins: set[str] = set()
"""The plugins that have said that tests are run; empty outside of tests."""


def begin_tests(plugin: str) -> None:
    """Tell, as a plugin for tests called *plugin*, that tests are run in this process."""
    _plugins.add(plugin)


def end_tests(plugin: str) -> None:
    """Tell that *plugin* runs no more tests."""
    _plugins.discard(plugin)


def mode_of(app: Any = None) -> Mode:
    """The mode of *app*, or that of the process if there is none or it says nothing of itself.

    *app* is an application, or anything with its attribute `debug`.
    """
    if _plugins:
        return "tests"
    if os.environ.get("FASTAPI_ENV") == "development" or getattr(app, "debug", False):
        return "development"
    return "production"
