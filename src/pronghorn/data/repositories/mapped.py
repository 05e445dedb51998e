"""What is known of a mapped class while modules are still imported.

Nothing here makes SQLAlchemy configure its mappers, since a class that a relationship names
may not have been imported yet.
"""

from typing import Any, TypeVar, get_args

from sqlalchemy import inspect
from sqlalchemy.ext.hybrid import HybridExtensionType
from sqlalchemy.orm import Mapper
from typing_extensions import get_original_bases


def mapper_of(model: Any) -> Mapper[Any] | None:
    """The mapper of a mapped class; None for anything else."""
    found = inspect(model, raiseerr=False) if isinstance(model, type) else None
    return found if isinstance(found, Mapper) else None


def model_of(marked: type[Any], generic: type[Any]) -> type[Any] | None:
    """The model in `class UserOrder(Ordering[User])`; None while it is a variable."""
    for ancestor in marked.__mro__:
        for base in get_original_bases(ancestor):
            origin = getattr(base, "__origin__", None)
            for argument in get_args(base):
                if isinstance(origin, type) and issubclass(origin, generic):
                    return None if isinstance(argument, TypeVar) else argument
    return None


def column_of(model: type[Any], name: str) -> Any | None:
    """The attribute that stands for a column, or for a hybrid; None for any other name."""
    mapper = mapper_of(model)
    if mapper is None:
        return None
    descriptors = mapper.all_orm_descriptors
    is_hybrid = (
        name in descriptors
        and descriptors[name].extension_type is HybridExtensionType.HYBRID_PROPERTY
    )
    return getattr(model, name) if name in mapper.columns or is_hybrid else None


def list_columns(model: type[Any]) -> str:
    """The names of all columns, for messages."""
    mapper = mapper_of(model)
    names = mapper.columns.keys() if mapper else ()
    return ", ".join(f"`{name}`" for name in names)
