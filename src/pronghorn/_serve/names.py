"""FastAPI's private names that other packages replace, and who hears of it.

The names stand in one module, where replacing one is an assignment.  Nobody compares them in
a request: what was compiled while others were there is dropped when they change.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

REPLACEABLE = (
    "get_request_handler",
    "run_endpoint_function",
    "serialize_response",
    "solve_dependencies",
)


class Names:
    """The names as they are now, and as they were when they were ours."""

    def __init__(self) -> None:
        self.module: Any = None
        """Where the names are looked up, by generated code too."""
        self.ours: dict[str, Any] = {}

    def watch(self, module: ModuleType, on_change: Mapping[str, Callable[[Any], None]]) -> None:
        """Look the names up on *module*; what is there now is ours.

        Whenever a name in *on_change* is assigned, its function is called with the new value.
        """

        class Watched(ModuleType):
            def __setattr__(self, name: str, value: Any) -> None:
                super().__setattr__(name, value)
                if name in on_change:
                    on_change[name](value)

        self.module = module
        self.ours = {name: getattr(module, name) for name in REPLACEABLE}
        module.__class__ = Watched

    def is_replaced(self, *asked: str) -> bool:
        """Whether one of the names *asked* is somebody else's now."""
        return any(getattr(self.module, name) is not self.ours[name] for name in asked)


names = Names()
