"""Rows that SQLAlchemy has let go of while it flushed: their references were emptied.

When an object is deleted, or taken out of a collection, SQLAlchemy sets the foreign keys of those
that referred to it to NULL first.  Where these cannot be NULL, the database speaks of a value that
is missing, but nobody has left one out: what is meant is that others refer to it still.
"""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy.orm import InstanceState, RelationshipDirection, RelationshipProperty


# Any: the methods of SQLAlchemy's `UOWTransaction` have no types.
def has_let_go(flush: Any, columns: Collection[Any]) -> bool:
    """Whether *flush* has emptied one of *columns*, and not whoever wrote the row.

    A relationship that is set to None looks the same from here as an object that is taken out of
    its collection, if that was loaded: then it is a conflict, too.
    """
    free: set[InstanceState[Any]] = set()
    held: set[InstanceState[Any]] = set()
    for state, relationship in relationships_with(flush, columns):
        # What the flush has seen of it: it keeps that, and the objects themselves have expired.
        history = flush.get_attribute_history(state, relationship.key)
        if not history:
            continue
        free.update(history.deleted)
        (free if flush.is_deleted(state) else held).update(history.added)
        if flush.is_deleted(state):
            free.update(history.unchanged)
    return any(child is not None and not flush.is_deleted(child) for child in free - held)


def relationships_with(
    flush: Any, columns: Collection[Any]
) -> Iterator[tuple[InstanceState[Any], RelationshipProperty[Any]]]:
    """The objects of *flush* to which others refer by one of *columns*."""
    for state in list(flush.states):
        for relationship in state.mapper.relationships:
            is_many = relationship.direction is RelationshipDirection.ONETOMANY
            if is_many and any(column in columns for _, column in relationship.synchronize_pairs):
                yield state, relationship
