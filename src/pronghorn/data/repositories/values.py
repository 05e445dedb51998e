"""The values for a row, out of a Pydantic model, a mapping and keywords."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from sqlalchemy import inspect

from pronghorn.data.repositories.mapped import list_columns

Data = BaseModel | Mapping[str, Any]
"""What a row is made of, or changed by."""


def read_values(
    model: type[Any], data: Data | None, values: Mapping[str, Any], *, only_set: bool
) -> dict[str, Any]:
    """The values by attribute; of a Pydantic model, if *only_set*, those that were given.

    Raises `TypeError` for a name that is no attribute of the model: it would be lost.
    """
    found: dict[str, Any] = {}
    if isinstance(data, BaseModel):
        found = data.model_dump(
            by_alias=False, exclude_unset=only_set, exclude_computed_fields=True
        )
    elif data is not None:
        found = dict(data)
    found.update(values)
    known = inspect(model).all_orm_descriptors
    for name in found:
        if name not in known and not isinstance(getattr(model, name, None), property):
            source = type(data).__name__ if name not in values else "a keyword"
            raise TypeError(
                f"`{name}`, of {source}, is no attribute of `{model.__name__}`, so it would be "
                f"lost. Its columns are {list_columns(model)}. Leave it out: "
                f"`data.model_dump(exclude={{{name!r}}})`."
            )
    return found
