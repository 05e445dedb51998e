"""Collections that tell somebody when they change.

So what was made of them can be dropped at once, and nobody has to compare them later.
"""

from collections.abc import Callable
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def telling(kind: type, name: str) -> Any:
    """A method that does what the built-in one does and then calls `changed`."""
    original = getattr(kind, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        finally:
            self.changed()

    method.__name__ = name
    return method


class ObservedList(list[V]):
    """A list that calls `changed` after each change."""

    def __init__(self, items: Any, changed: Callable[[], None]) -> None:
        super().__init__(items)
        self.changed = changed

    def __reduce__(self) -> Any:
        # Copies and pickles are plain lists: they are nobody's routes.
        return list, (list(self),)


class ObservedDict(dict[K, V]):
    """A dict that calls `changed` after each change."""

    def __init__(self, items: Any, changed: Callable[[], None]) -> None:
        super().__init__(items)
        self.changed = changed

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


LIST_CHANGES = (
    "__delitem__ __iadd__ __imul__ __setitem__ append clear extend insert pop remove reverse sort"
)
DICT_CHANGES = "__delitem__ __ior__ __setitem__ clear pop popitem setdefault update"

for change in LIST_CHANGES.split():
    setattr(ObservedList, change, telling(list, change))
for change in DICT_CHANGES.split():
    setattr(ObservedDict, change, telling(dict, change))
