"""Which relationships a query loads, and that all others raise when they are read.

A path is a relationship, `User.posts`, or several that follow one another,
`(User.posts, Post.tags)`.  What the mapping itself loads eagerly stays as it is.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import inspect
from sqlalchemy.orm import (
    InstrumentedAttribute,
    Mapper,
    RelationshipProperty,
    joinedload,
    raiseload,
    selectinload,
)
from sqlalchemy.orm.strategy_options import _AbstractLoad

from pronghorn.exceptions import DeclarationError

Path = InstrumentedAttribute[Any] | tuple[InstrumentedAttribute[Any], ...]
"""A relationship to load, or several in a row."""

# What is loaded when it is first read: in asynchronous code nothing can be.
LATE: Final = frozenset({"select", True})

Branches = dict[str, Any]
"""Relationships to load by name; each value is what is to be loaded of what it leads to."""


@lru_cache(maxsize=512)
def load_options(
    model: Any, paths: tuple[Path, ...], *, may_load_lazily: bool
) -> tuple[_AbstractLoad, ...]:
    """The options of a query that loads *paths*, and lets nothing else be loaded later."""
    mapper = inspect(model)
    return tuple(branch_options(mapper, grow(mapper, paths), may_load_lazily=may_load_lazily))


def branch_options(
    mapper: Mapper[Any], branches: Branches, *, may_load_lazily: bool
) -> Iterable[_AbstractLoad]:
    for relation in mapper.relationships:
        attribute = getattr(mapper.class_, relation.key)
        if relation.key in branches:
            # A join would repeat a row for each of many, and count them against a limit.
            way = selectinload if relation.uselist else joinedload
            below = branches[relation.key]
            further = branch_options(relation.mapper, below, may_load_lazily=may_load_lazily)
            yield way(attribute).options(*further)
        elif relation.lazy in LATE and not may_load_lazily:
            yield raiseload(attribute)


def grow(mapper: Mapper[Any], paths: Iterable[Path]) -> Branches:
    """Put paths that begin alike together."""
    branches: Branches = {}
    for path in paths:
        below, owner = branches, mapper
        for attribute in path if isinstance(path, tuple) else (path,):
            relation = relation_of(owner, attribute)
            below = below.setdefault(relation.key, {})
            owner = relation.mapper
    return branches


def relation_of(owner: Mapper[Any], attribute: Any) -> RelationshipProperty[Any]:
    relation = owner.relationships.get(getattr(attribute, "key", ""))
    # The attribute of a parent class is as good as the class's own.
    if relation is not None and owner.isa(attribute.parent):
        return relation
    name = owner.class_.__name__
    known = ", ".join(f"`{name}.{relation.key}`" for relation in owner.relationships)
    raise DeclarationError(
        "load-path",
        problem=f"`{attribute}` is no relationship of `{name}`.",
        remedy=f"Load some of {known or '(it has none)'}. What is reached through another"
        " relationship is a tuple: `load=[(User.posts, Post.tags)]`.",
    )
