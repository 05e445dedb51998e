"""Selects of an entity, rewritten to select the columns that a model takes.

Requests build the same select with other values.  So what it is rewritten to is kept, by the key
that SQLAlchemy gives to selects that differ in values alone, and the values are handed in.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import BindParameter, Dialect, Select

from pronghorn.data.row_json.reading import EntityReading

MOST = 200
"""So many are kept; who builds more builds them by chance, and nothing is won by keeping them."""

Values = Mapping[str, Any]
"""Values of parameters, by name."""


class Kept:
    """What a select was rewritten to."""

    __slots__ = ("names", "selected")

    def __init__(self, selected: Any, parameters: Sequence[BindParameter[Any]]) -> None:
        self.selected = selected
        self.names = tuple(parameter.key for parameter in parameters)


class Statements:
    """What the selects that an endpoint returns are rewritten to."""

    def __init__(self, reading: EntityReading) -> None:
        self.reading = reading
        self.kept: dict[Any, Kept] = {}

    def find(self, statement: Any, given: Values, dialect: Dialect) -> tuple[Any, Values]:
        """What is executed for *statement*, and values for its parameters by name.

        Raises `TypeError` if it is no select of the entity.
        """
        found = statement._generate_cache_key() if isinstance(statement, Select) else None
        if found is None:
            return self.rewrite(statement), given
        kept = self.kept.get(found.key)
        if kept is None:
            selected = self.rewrite(statement)
            kept = Kept(selected, found.bindparams)
            if not takes_all_from(kept.names, selected, dialect):
                return selected, given
            if len(self.kept) >= MOST:
                self.kept.clear()
            self.kept[found.key] = kept
        # What differs in values alone may differ in whether there is one, too.
        if any(each.required and each.key not in given for each in found.bindparams):
            return self.rewrite(statement), given  # SQLAlchemy says what is missing
        values = [parameter.effective_value for parameter in found.bindparams]
        return kept.selected, {**dict(zip(kept.names, values, strict=True)), **given}

    def rewrite(self, statement: Any) -> Any:
        entity = entity_in(statement, self.reading.entity)
        # Rows that differ in what is not selected are different rows.
        is_distinct = statement._distinct  # there is no public way to see it
        columns: Callable[[Any], list[Any]] = (
            self.reading.every_column if is_distinct else self.reading.columns
        )
        return statement.with_only_columns(*columns(entity))


def takes_all_from(names: tuple[str, ...], selected: Any, dialect: Dialect) -> bool:
    """Whether each value in the text of *selected* is one of the *names*, and so may be handed in.

    A parameter that is copied on the way to the text gets another name, and would keep the value
    that the first request gave it.
    """
    return all(parameter.key in names for parameter in selected.compile(dialect=dialect).bind_names)


def entity_in(statement: Any, entity: type[Any]) -> Any:
    """The entity, or the alias of it, that *statement* selects; raises `TypeError` for others."""
    if isinstance(statement, Select):
        described = statement.column_descriptions
        selected = described[0]["expr"] if len(described) == 1 else None
        if selected is entity:
            return selected
        found: Any = sqlalchemy.inspect(selected, raiseerr=False)
        if getattr(found, "is_aliased_class", False) and found.mapper.class_ is entity:
            return selected
    raise TypeError(
        f"rows() takes a select of {entity.__name__}, as the response model says:"
        f" `select({entity.__name__})` and what may follow. It was given {statement}. [rows-select]"
    )
