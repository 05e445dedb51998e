"""One statement that makes a row, or changes the one that has its key: ON CONFLICT."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Dialect, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.orm import Mapper

INSERTS: Mapping[str, Callable[[Any], PostgresInsert | SqliteInsert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


def upsert_statement(
    model: type[Any], values: Mapping[str, Any], by: Sequence[str], dialect: Dialect
) -> Any:
    """Insert *values*; where a row has the same in the columns *by*, change that one.

    Both the row's version and what a column does on an update are kept up.
    """
    if dialect.name not in INSERTS:
        raise NotImplementedError(
            f"`upsert` speaks the SQL of PostgreSQL and SQLite, not of {dialect.name}."
        )
    mapper: Mapper[Any] = inspect(model)
    names = tuple(by) or tuple(mapper.get_property_by_column(c).key for c in mapper.primary_key)
    columns = {mapper.columns[name]: value for name, value in values.items()}
    versions = new_version(mapper, columns)
    statement = INSERTS[dialect.name](model).values({**columns, **versions})
    targets = [mapper.columns[name] for name in names]
    new = statement.excluded
    changed = {column.name: new[column.name] for column in columns if column not in targets}
    changes = {**on_update(mapper), **changed, **next_version(versions)}
    # Something has to change for the row to be returned.
    changes = changes or {targets[0].name: new[targets[0].name]}
    return statement.on_conflict_do_update(index_elements=targets, set_=changes)


def new_version(mapper: Mapper[Any], columns: Container[Any]) -> dict[Column[Any], Any]:
    """The version of a new row, as SQLAlchemy's unit of work gives it."""
    column: Any = mapper.version_id_col
    generator: Any = mapper.version_id_generator
    if column is None or not generator or column in columns:
        return {}
    return {column: generator(None)}


def next_version(versions: Mapping[Column[Any], Any]) -> dict[str, Any]:
    """One more for a number; any other version is made anew, as for a new row."""
    return {
        column.name: column + 1 if column.type.python_type is int else value
        for column, value in versions.items()
    }


def on_update(mapper: Mapper[Any]) -> dict[str, Any]:
    """What columns get on every update: ON CONFLICT does not know of it."""
    defaults: dict[str, Any] = {
        column.name: column.onupdate for column in mapper.columns if column.onupdate
    }
    return {
        name: default.arg(None) if default.is_callable else default.arg
        for name, default in defaults.items()
    }
