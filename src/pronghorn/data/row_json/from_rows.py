"""Rows to JSON: a response model is made of rows, and no objects of the database between.

    @app.get("/users")
    async def list_users(session: ReadSession) -> Annotated[list[UserOut], FromRows(User)]:
        return rows(session, select(User).order_by(User.id).limit(100))

The answer is the same, to the byte, as if the objects had been returned, with all that the model
says of relationships loaded.  What rows cannot say is refused where the route is declared.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.exc import MultipleResultsFound
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from pronghorn.concurrency import call_in_thread
from pronghorn.data.row_json.execution import Execution, carrying, execute_in
from pronghorn.data.row_json.models import Held, held_in
from pronghorn.data.row_json.reading import EntityReading
from pronghorn.data.row_json.shapes import shape_of
from pronghorn.data.row_json.statements import Statements, Values
from pronghorn.data.watching.places import caller
from pronghorn.exceptions import DeclarationError, HTTPException
from pronghorn.metering import Place, Statement, meter

Answer = TypeVar("Answer")


class Rows:
    """A select whose rows are to be the answer."""

    __slots__ = ("place", "session", "statement", "values")

    def __init__(
        self, session: AsyncSession | Session, statement: Select[Any], values: Values
    ) -> None:
        self.session = session
        self.statement = statement
        self.values = values
        self.place = caller() if noted_statements() is not None else None

    def __repr__(self) -> str:
        return (
            "<rows() that nobody reads: the response model needs `FromRows`, as in"
            " `Annotated[list[UserOut], FromRows(User)]`>"
        )


def rows(
    session: AsyncSession | Session, statement: Select[Any], params: Values | None = None
) -> Answer:  # type: ignore[type-var]  # the signature of the endpoint that returns it says which
    """The answer of an endpoint: what *statement* selects, as its response model says.

    It is executed when the endpoint has returned, within the session's transaction, with *params*
    for what it has of `bindparam("name")`: so a statement may be built once, and serve all
    requests.  For type checkers this is the answer itself.
    """
    # For type checkers, the answer that is made of it.
    return Rows(session, statement, NO_VALUES if params is None else params)  # type: ignore[return-value]


NO_VALUES: Values = {}


class FromRows:
    """Stands in the `Annotated` of a response model that is made of rows of *entity*.

    The model is a list of models, or one: then a select that finds nothing is answered 404, or
    with null if the annotation is `UserOut | None`.
    """

    def __init__(self, entity: type[Any]) -> None:
        self.entity = entity

    def __repr__(self) -> str:
        return f"FromRows({getattr(self.entity, '__name__', self.entity)})"

    def __answer_fetcher__(self, annotation: Any) -> "RowFetcher":
        held = held_in(annotation)
        if held is None:
            raise DeclarationError(
                "rows-model",
                problem=f"{self} stands beside {annotation}.",
                remedy="It goes with `list[UserOut]`, `UserOut` or `UserOut | None`, where UserOut"
                " is a pydantic model.",
            )
        return RowFetcher(held, EntityReading(shape_of(held.model, self.entity)))


class RowFetcher:
    """Reads rows for one response model."""

    takes = Rows

    def __init__(self, held: Held, reading: EntityReading) -> None:
        self.reading = reading
        self.statements = Statements(reading)
        self.finish = many if held.is_many else one_or_none if held.may_be_none else self.one
        self.has_several = bool(reading.relations)

    async def fetch(self, value: Rows) -> Any:
        if isinstance(value.session, Session):
            return await call_in_thread(self.read, value.session, value)
        return await value.session.run_sync(self.read, value)

    def fetch_blocking(self, value: Rows) -> Any:
        if isinstance(value.session, AsyncSession):
            raise TypeError(
                "A `def` endpoint returned rows() of an asynchronous session. Ask for"
                " `SyncSession`, or make the endpoint `async def`. [rows-session]"
            )
        return self.read(value.session, value)

    def one(self, items: list[Any]) -> Any:
        item = one_or_none(items)
        if item is None:
            raise HTTPException(404, f"{self.reading.entity.__name__} not found")
        return item

    def read(self, session: Session, value: Rows) -> Any:
        """Execute the select of *value*, and what leads on from it."""
        if value.place is None:
            return self.execute(session, value.statement, value.values)
        with wanted_at(value.place):
            return self.execute(session, value.statement, value.values)

    def execute(self, session: Session, statement: Select[Any], given: Values) -> Any:
        def read_items(execute: Execution) -> list[Any]:
            selected, values = self.statements.find(statement, given, execute.dialect)
            further = carrying(execute, statement)
            return self.reading.items(execute(selected, values), further)

        mapper, is_several = self.reading.mapper, self.has_several
        return self.finish(execute_in(session, mapper, read_items, is_several=is_several))


def noted_statements() -> list[Statement] | None:
    """What is noted of the statements of this request; None where nothing is."""
    current = meter.get()
    return None if current is None else current.statements


@contextmanager
def wanted_at(place: Place) -> Iterator[None]:
    """What is noted of statements within the block says that they were wanted at *place*.

    They are sent when the endpoint has returned, so no line of a program waits for them.
    """
    noted = noted_statements()
    before = 0 if noted is None else len(noted)
    yield
    if noted is not None:
        noted[before:] = [statement._replace(place=place) for statement in noted[before:]]


def many(items: list[Any]) -> Any:
    return items


def one_or_none(items: list[Any]) -> Any:
    if len(items) > 1:
        raise MultipleResultsFound(
            f"A select whose row is the answer found {len(items)} rows. Narrow it, or add"
            " `.limit(1)`. [rows-several]"
        )
    return items[0] if items else None
