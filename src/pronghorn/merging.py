"""Join what was given at several places into one value."""

from typing import Any

from pronghorn.datastructures import DefaultPlaceholder, DefaultType


def deep_dict_update(main_dict: dict[Any, Any], update_dict: dict[Any, Any]) -> None:
    """Update `main_dict` in place: dicts are merged, lists joined, the rest replaced."""
    for key, value in update_dict.items():
        present = main_dict.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            deep_dict_update(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            main_dict[key] = present + value
        else:
            main_dict[key] = value


def get_value_or_default(
    first_item: DefaultPlaceholder | DefaultType,
    *extra_items: DefaultPlaceholder | DefaultType,
) -> DefaultPlaceholder | DefaultType:
    """Return the first value that somebody gave, else the first placeholder."""
    for item in (first_item, *extra_items):
        if not isinstance(item, DefaultPlaceholder):
            return item
    return first_item
