"""Whether loading a select takes further statements: relationships that are loaded eagerly."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import sqlalchemy
from sqlalchemy import Select
from sqlalchemy.orm import Mapper, RelationshipProperty

FURTHER = frozenset({"selectin", "subquery", "immediate", "select"})
"""Ways of loading a relationship that take statements of their own."""


def takes_several(statement: Any) -> bool:
    """Whether loading the rows of *statement* takes further statements."""
    if any(map(loads_further, getattr(statement, "_with_options", ()))):
        return True
    return any(map(loads_eagerly, mappers_in(statement)))


def mappers_in(statement: Any) -> Iterator[Mapper[Any]]:
    """The mappers whose objects or columns *statement* selects."""
    if isinstance(statement, Select):
        # `column_descriptions` says the same of them, for many times the cost.
        for column in statement._raw_columns:
            entity = column._annotations.get("parententity")
            if entity is not None:
                yield entity.mapper
        return
    for described in getattr(statement, "column_descriptions", ()):
        if described["entity"] is not None:
            yield sqlalchemy.inspect(described["entity"]).mapper


def loads_further(option: Any) -> bool:
    """Whether *option* loads a relationship by a statement of its own."""
    for element in getattr(option, "context", ()):
        strategy = dict(element.strategy or ())
        if strategy.get("lazy") in FURTHER or "selectinload_polymorphic" in strategy:
            return True
        # A join brings in what the other side always loads.
        joined = (part for part in element.path if isinstance(part, RelationshipProperty))
        if any(loads_eagerly(relation.mapper) for relation in joined):
            return True
    return False


@cache
def loads_eagerly(mapper: Mapper[Any]) -> bool:
    """Whether something is always loaded with *mapper*, by a statement of its own."""
    return any(
        any(derived.polymorphic_load == "selectin" for derived in reached.self_and_descendants)
        or any(it.lazy in ("selectin", "subquery", "immediate") for it in reached.relationships)
        for reached in reached_by_joins(mapper)
    )


def reached_by_joins(mapper: Mapper[Any]) -> list[Mapper[Any]]:
    """*mapper*, and those that are always loaded with it by the same statement."""
    reached = [mapper]
    for one in reached:
        reached += {
            relation.mapper
            for relation in one.relationships
            if relation.lazy in ("joined", False) and relation.mapper not in reached
        }
    return reached
