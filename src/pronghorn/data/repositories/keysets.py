"""An order that tells any two rows apart, and the rows that come after one of them.

Nulls come last in both directions, on every database, unless `nulls_first()` says otherwise.
Whatever is asked for, the primary key comes after it, so that no two rows are equal.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    or_,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapper
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.types import NullType

from pronghorn._record import record, replace
from pronghorn.data.repositories.ordering import Ordering

Term = ColumnElement[Any] | InstrumentedAttribute[Any]
"""One column of an order: `User.name`, `User.created_at.desc()`."""

RAW = NullType()
"""The type of a value as the driver has it.

SQLite compares what is stored, and `2026-11-26 14:00:00` is stored by its CURRENT_TIMESTAMP
where SQLAlchemy would write `2026-11-26 14:00:00.000000`: so a key is neither converted when
it is read nor when it is compared.
"""


@record
class SortKey:
    """One column of an order, and where its nulls come."""

    expression: ColumnElement[Any]
    is_descending: bool = False
    is_nullable: bool = False
    has_nulls_first: bool = False

    def clause(self) -> ColumnElement[Any]:
        expression = self.expression
        clause = expression.desc() if self.is_descending else expression.asc()
        if not self.is_nullable:
            return clause
        return clause.nulls_first() if self.has_nulls_first else clause.nulls_last()

    def reversed(self) -> "SortKey":
        return replace(
            self,
            is_descending=not self.is_descending,
            has_nulls_first=not self.has_nulls_first,
        )

    def raw(self) -> ColumnElement[Any]:
        return type_coerce(self.expression, RAW)

    def equal(self, value: Any) -> ColumnElement[bool]:
        return self.raw().is_(None) if value is None else self.raw() == bound(value)

    def beyond(self, value: Any) -> ColumnElement[bool] | None:
        """The condition for what comes after *value*; None if nothing can."""
        if value is None:
            return self.raw().is_not(None) if self.has_nulls_first else None
        raw = self.raw()
        condition = raw < bound(value) if self.is_descending else raw > bound(value)
        if self.is_nullable and not self.has_nulls_first:
            return or_(condition, raw.is_(None))
        return condition

    def describe(self) -> str:
        flags = (self.is_descending, self.is_nullable, self.has_nulls_first)
        expression = self.expression
        table = getattr(expression, "table", None)
        name = expression if table is None else f"{table}.{expression.key}"
        return f"{name}{flags}"


def bound(value: Any) -> BindParameter[Any]:
    return bindparam(None, value, type_=RAW)


def sort_keys(
    mapper: Mapper[Any], order_by: Ordering[Any] | Term | Iterable[Term] | None
) -> tuple[SortKey, ...]:
    """The order that is asked for, and the primary key behind it."""
    keys = [sort_key(term) for term in terms_of(order_by)]
    asked = {column for key in keys for column in key.expression.base_columns}
    is_descending = bool(keys) and keys[-1].is_descending
    # In the direction of the last column: one index serves both.
    ties = (SortKey(column, is_descending) for column in mapper.primary_key if column not in asked)
    return (*keys, *ties)


def terms_of(order_by: Ordering[Any] | Term | Iterable[Term] | None) -> Iterable[Term]:
    if order_by is None:
        return ()
    if isinstance(order_by, Ordering):
        return order_by.terms
    if isinstance(order_by, ColumnElement | InstrumentedAttribute):
        return (order_by,)
    return order_by


MODIFIERS: dict[Any, dict[str, bool]] = {
    operators.asc_op: {},
    operators.desc_op: {"is_descending": True},
    operators.nulls_first_op: {"has_nulls_first": True},
    operators.nulls_last_op: {"has_nulls_first": False},
}


def sort_key(term: Any) -> SortKey:
    """Take a term apart: `User.name.desc().nulls_first()`."""
    element = term.__clause_element__() if hasattr(term, "__clause_element__") else term
    found: dict[str, bool] = {}
    while isinstance(element, UnaryExpression) and element.modifier in MODIFIERS:
        found = {**MODIFIERS[element.modifier], **found}
        element = element.element
    # What is no column may be null, for all that is known.
    return SortKey(element, is_nullable=getattr(element, "nullable", True), **found)


def after(keys: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition for the rows that come after the one with these *values*."""
    if not any(key.is_nullable for key in keys) and len({key.is_descending for key in keys}) == 1:
        # One comparison of rows, for which one index is enough.
        place = tuple_(*(key.raw() for key in keys))
        here = tuple_(*map(bound, values))
        return place < here if keys[0].is_descending else place > here
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, value in zip(keys, values, strict=True):
        beyond = key.beyond(value)
        if beyond is not None:
            alternatives.append(and_(*equal, beyond))
        equal.append(key.equal(value))
    return or_(*alternatives)
