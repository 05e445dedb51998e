"""The statement that failed: found in the frames of an exception, and what its parameters mean.

SQLAlchemy's exceptions say the statement as text.  Which parameter belongs to which column is
known to the compiled statement only, and that is held by frames that the exception has come
through.  So nothing has to be remembered while statements succeed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

from sqlalchemy import Column, Dialect, Table
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm.unitofwork import UOWTransaction
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnElement
from sqlalchemy.types import TypeEngine

from pronghorn._record import record
from pronghorn.places import is_users


@record
class Parameter:
    """One value of a statement, and what it is there for."""

    name: str
    value: Any
    kind: TypeEngine[Any]
    column: ColumnElement[Any] | None = None
    """The column that it is written to, or compared with."""
    is_written: bool = False
    is_key: bool = False
    """Whether a row is looked up by it: it is compared with a primary key."""
    clause: str | None = None
    """`"limit"` or `"offset"`, if it is that."""
    is_own: bool = False
    """Whether the application filled it in itself: a default."""


@record
class Failed:
    """A statement that failed, with the parameters of all its rows."""

    compiled: SQLCompiler
    rows: Sequence[Mapping[str, Any]]
    dialect: Dialect
    flush: UOWTransaction | None = None
    """The flush that sent it; None if the user did."""

    @property
    def table(self) -> Table | None:
        """The table that is written to."""
        table = getattr(self.compiled.statement, "table", None)
        return table if isinstance(table, Table) else None

    @property
    def writes(self) -> str:
        """What it does: "insert", "update", "delete", or "" if it only reads."""
        compiled = self.compiled
        kinds = (
            ("insert", compiled.isinsert),
            ("update", compiled.isupdate),
            ("delete", compiled.isdelete),
        )
        return next((kind for kind, is_so in kinds if is_so), "")

    @property
    def written(self) -> dict[str, Any]:
        """The values by the name of the column that they are written to, in the first row."""
        return {
            parameter.column.name: parameter.value
            for parameter in self.parameters()
            if parameter.is_written and isinstance(parameter.column, Column)
        }

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, row by row."""
        meanings = dict(self.meanings())
        for row in self.rows:
            for name, value in row.items():
                # The values of an `IN` have a number each.
                known = meanings.get(name) or meanings.get(re.sub(r"_\d+$", "", name))
                if known is not None:
                    yield Parameter(name, value, *known)

    def meanings(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """What each parameter is there for, by its name."""
        compared = dict(self.compared())
        statement: Any = self.compiled.statement
        clauses = {
            id(getattr(statement, f"_{clause}_clause", None)): clause
            for clause in ("limit", "offset")
        }
        own = {column.key for column in self.compiled.prefetch or ()}
        for bind, name in self.compiled.bind_names.items():
            column = self.written_column(name)
            if column is not None:
                yield name, (bind.type, column, True, False, None, column.key in own)
            elif name in compared:
                column, is_key = compared[name]
                yield name, (bind.type, column, False, is_key)
            else:
                yield name, (bind.type, None, False, False, clauses.get(id(bind)))

    def written_column(self, name: str) -> Column[Any] | None:
        table = self.table
        if table is None or self.writes not in ("insert", "update"):
            return None
        # Of several rows in one statement, all but the first have a number.
        return table.columns.get(name, table.columns.get(re.sub(r"_m\d+$", "", name)))

    def compared(self) -> Iterator[tuple[str, tuple[Any, bool]]]:
        """The column that a parameter is compared with, and whether that looks a row up."""
        names = self.compiled.bind_names
        statement: Any = self.compiled.statement
        for part in visitors.iterate(statement):
            if not isinstance(part, BinaryExpression):
                continue
            for column, bind in ((part.left, part.right), (part.right, part.left)):
                bind = getattr(bind, "element", bind)  # noqa: PLW2901 - out of its brackets
                if isinstance(bind, BindParameter) and bind in names:
                    is_key = part.operator is operators.eq and bool(
                        getattr(column, "primary_key", False)
                    )
                    yield names[bind], (column, is_key)

    def named(self, position: int) -> Parameter | None:
        """The parameter with this number, counted from 1, if that is unambiguous."""
        names = self.compiled.positiontup or ()
        if len(self.rows) != 1 or not 0 < position <= len(names):
            return None
        return next((it for it in self.parameters() if it.name == names[position - 1]), None)


def failed_statement(error: BaseException) -> Failed | None:
    """The statement that *error* came from, if it came from one that SQLAlchemy compiled."""
    found = flush = None
    for frame in frames_of(error):
        if isinstance(frame.f_locals.get("flush_context"), UOWTransaction):
            flush = frame.f_locals["flush_context"]
        elif is_users(frame):
            # A listener of the user's may send statements while it is flushed.
            flush = None
        for name in ("context", "self"):
            context = frame.f_locals.get(name)
            if isinstance(context, DefaultExecutionContext):
                found = context
    compiled = getattr(found, "compiled", None)
    if found is None or not isinstance(compiled, SQLCompiler):
        return None
    return Failed(compiled, found.compiled_parameters, found.dialect, flush)


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """The frames that *error* came through, the innermost last."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def is_from_sqlalchemy(error: BaseException) -> bool:
    """Whether *error*, which may be of any class, was raised below SQLAlchemy.

    And not in a function of the user's that SQLAlchemy has called.
    """
    is_below = False
    for frame in frames_of(error):
        if str(frame.f_globals.get("__name__", "")).startswith("sqlalchemy."):
            is_below = True
        elif is_users(frame):
            is_below = False
    return is_below
