"""How rows are read: one statement for an entity, one more for each relationship below it.

Statements are made once.  What comes of them are dicts, for pydantic to make the models of.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    select,
    tuple_,
)
from sqlalchemy.orm import Mapper, RelationshipProperty, aliased
from sqlalchemy.orm.exc import UnmappedColumnError

from pronghorn.data.row_json.execution import Execution
from pronghorn.data.row_json.shapes import Relation, Shape, checked_mapper

Item = dict[str, Any]
Pairs = Sequence[tuple[ColumnElement[Any], ColumnElement[Any]]]
"""Columns that have equal values in rows that belong together."""

IN_ARRAYS = (Integer, Uuid)
"""Types of keys of which every driver takes arrays."""
AT_ONCE = 500
"""How many keys stand in one statement, as where SQLAlchemy loads relationships."""


class EntityReading:
    """Reads one entity, and what belongs to it."""

    def __init__(self, shape: Shape) -> None:
        self.entity = shape.entity
        self.mapper = checked_mapper(shape.entity)
        self.keys = shape.columns
        self.relations = [RelationReading(relation, self) for relation in shape.relations]
        identity = identity_of(self.mapper)
        linked = [name for relation in self.relations for name in relation.link.local]
        self.names = tuple(dict.fromkeys([*self.keys, *linked, *identity]))
        """The attributes that are selected; first those that the model takes."""
        self.identity, self.first = self.positions(identity), self.positions(identity[:1])
        for relation in self.relations:
            relation.local = self.positions(relation.link.local)

    def positions(self, names: Iterable[str]) -> Callable[[Sequence[Any]], Any]:
        """What picks *names* of a row: one value, or a tuple of several."""
        return itemgetter(*map(self.names.index, names))

    def columns(self, entity: Any = None) -> list[Any]:
        return [getattr(entity or self.entity, name) for name in self.names]

    def every_column(self, entity: Any = None) -> list[Any]:
        """All columns that an object is loaded from, those that are needed first."""
        others = [
            item.key
            for item in self.mapper.column_attrs
            if item.key not in self.names and not item.deferred
        ]
        return [*self.columns(entity), *(getattr(entity or self.entity, name) for name in others)]

    def items(self, rows: Sequence[Sequence[Any]], execute: Execution) -> list[Item | None]:
        """What each row says, with what belongs to it; None for a row without the entity."""
        keys = self.keys
        # What follows the keys is not the model's; to say so by `strict` costs as much as a field.
        items: list[Item | None] = [dict(zip(keys, row)) for row in rows]  # noqa: B905
        if None in map(self.first, rows):
            # An outer join gives rows in which all is null: the entity is not there.
            absent = map(is_nothing, map(self.identity, rows))
            items = [None if gone else item for gone, item in zip(absent, items, strict=True)]
        for relation in self.relations:
            relation.fill(rows, items, execute)
        return items


class RelationReading:
    """Reads what belongs to entities by one relationship, for all of them at once."""

    local: Callable[[Sequence[Any]], Any]
    """What picks the key of a row of the entity."""

    def __init__(self, relation: Relation, parent: EntityReading) -> None:
        self.name = relation.name
        self.is_many = relation.is_many
        self.other = EntityReading(relation.shape)
        found = parent.mapper.relationships[relation.name]
        self.link = link_of(found, parent.entity)
        count = len(self.link.remote)
        self.remote = itemgetter(*range(-count, 0))
        """What picks the key of a row of the other side."""
        columns = self.other.columns()
        self.statement = ordered(self.link.statement(columns), found)
        self.array_statement = ordered(self.link.array_statement(columns), found)

    def fill(
        self,
        rows: Sequence[Sequence[Any]],
        items: Sequence[Item | None],
        execute: Execution,
    ) -> None:
        """Put into each of *items* what belongs to its row."""
        keys = list(map(self.local, rows))
        wanted = dict.fromkeys(key for key in keys if not is_partial(key))
        found = self.find(list(wanted), execute)
        name, is_many = self.name, self.is_many
        for key, item in zip(keys, items, strict=True):
            if item is not None:
                others = found.get(key, ())
                item[name] = others if is_many else next(iter(others), None)

    def find(self, keys: Sequence[Any], execute: Execution) -> dict[Any, list[Item | None]]:
        """What belongs to *keys*, by key."""
        has_arrays = execute.dialect.name == "postgresql"
        statement = self.array_statement if has_arrays else self.statement
        found: dict[Any, list[Item | None]] = {key: [] for key in keys}
        for wanted in chunks(keys):
            rows = execute(statement, {"wanted": wanted})
            items = self.other.items(rows, execute)
            for key, item in zip(map(self.remote, rows), items, strict=True):
                # To the database keys may be equal that are not the same, such as in another case
                # of letters.  Objects are put together by what is the same.
                if key in found:
                    found[key].append(item)
        return found


class Link:
    """How the two sides of a relationship are put together: equal values of some columns."""

    def __init__(
        self, local: Sequence[str], remote: Sequence[ColumnElement[Any]], select: Any
    ) -> None:
        self.local = local
        """Attributes of the entity that say what belongs to it."""
        self.remote = remote
        """Columns of the other side that say to what a row belongs."""
        self.select = select

    def statement(self, columns: Sequence[Any]) -> Select[Any]:
        """Selects *columns* of the other side, and the key, for the keys that are wanted."""
        key = self.remote[0] if len(self.remote) == 1 else tuple_(*self.remote)
        return self.selected(columns, key.in_(bindparam("wanted", expanding=True)))

    def array_statement(self, columns: Sequence[Any]) -> Select[Any]:
        """The same for databases that have arrays.

        The keys are one parameter then, and the text is the same however many there are, which
        spares half of what a statement costs.
        """
        if len(self.remote) > 1 or not isinstance(self.remote[0].type, IN_ARRAYS):
            return self.statement(columns)
        key = self.remote[0]
        return self.selected(columns, key == any_(bindparam("wanted", type_=ARRAY(key.type))))

    def selected(self, columns: Sequence[Any], condition: ColumnElement[bool]) -> Select[Any]:
        selected: Select[Any] = self.select.with_only_columns(*columns, *self.remote)
        return selected.where(condition)


def link_of(found: RelationshipProperty[Any], entity: type[Any]) -> Link:
    """The plainest link that says what the relationship says."""
    plain = plain_link(found) if found.secondary is None else secondary_link(found)
    return plain or joined_link(found, entity)


def plain_link(found: RelationshipProperty[Any]) -> Link | None:
    """The link by a foreign key alone: the other table says all, and needs no join."""
    pairs = found.local_remote_pairs or []
    names = [name_of(found.mapper, remote) for _, remote in pairs]
    local = local_names(found, pairs, found.primaryjoin)
    if local is None or None in names:
        return None
    other = found.mapper.class_
    return Link(local, [getattr(other, str(name)) for name in names], select(other))


def secondary_link(found: RelationshipProperty[Any]) -> Link | None:
    """The link by a table between: it says all, and the entity's own table is not needed."""
    pairs = found.synchronize_pairs
    local = local_names(found, pairs, found.primaryjoin)
    if local is None or found.secondaryjoin is None:
        return None
    joined = select(found.mapper.class_).where(found.secondaryjoin)
    return Link(local, [between for _, between in pairs], joined)


def joined_link(found: RelationshipProperty[Any], entity: type[Any]) -> Link:
    """The link by a join of both sides, however the relationship puts them together."""
    is_same = found.mapper.common_parent(found.parent)
    parent: Any = aliased(entity) if is_same else entity
    local = identity_of(found.parent)
    remote = [getattr(parent, name) for name in local]
    joined = select(found.mapper.class_).select_from(parent).join(getattr(parent, found.key))
    return Link(local, remote, joined)


def local_names(
    found: RelationshipProperty[Any], pairs: Pairs, condition: ColumnElement[bool]
) -> list[str] | None:
    """The attributes that *pairs* begin with, if their being equal is the whole *condition*."""
    equal = [one == other for one, other in pairs]
    names = [name_of(found.parent, one) for one, _ in pairs]
    if not pairs or not condition.compare(and_(*equal)):
        return None
    known = [name for name in names if name is not None]
    return known if len(known) == len(names) else None


def name_of(mapper: Mapper[Any], column: Any) -> str | None:
    """The attribute that *column* is mapped to, if it is."""
    try:
        return mapper.get_property_by_column(column).key
    except UnmappedColumnError:
        return None


def identity_of(mapper: Mapper[Any]) -> list[str]:
    """The attributes of the primary key."""
    return [mapper.get_property_by_column(column).key for column in mapper.primary_key]


def ordered(statement: Select[Any], found: RelationshipProperty[Any]) -> Select[Any]:
    return statement.order_by(*found.order_by) if found.order_by else statement


def is_nothing(key: Any) -> bool:
    """Whether all of a key is null."""
    return key is None or (type(key) is tuple and all(part is None for part in key))


def is_partial(key: Any) -> bool:
    """Whether some of a key is null, so that it leads to nothing."""
    return key is None or (type(key) is tuple and None in key)


def chunks(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
