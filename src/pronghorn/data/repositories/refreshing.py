"""What of an object is not known after a flush, or is known and no longer true."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstanceState, RelationshipDirection


def outdated_relations(instance: object) -> list[str]:
    """Loaded relationships that show what an old foreign key said; ask before the flush."""
    state: InstanceState[Any] = inspect(instance)
    attributes = state.attrs
    return [
        relation.key
        for relation in state.mapper.relationships
        if relation.direction is RelationshipDirection.MANYTOONE
        and relation.key in state.dict
        and not attributes[relation.key].history.has_changes()
        and any(
            attributes[state.mapper.get_property_by_column(column).key].history.has_changes()
            for column in relation.local_columns
        )
    ]


async def refresh(session: AsyncSession, instance: object, outdated: Iterable[str] = ()) -> None:
    """Read what the database decided: defaults and expressions, and *outdated* relationships."""
    state: InstanceState[Any] = inspect(instance)
    names = [*state.expired_attributes.intersection(state.mapper.column_attrs.keys()), *outdated]
    if names:
        await session.refresh(instance, names)
