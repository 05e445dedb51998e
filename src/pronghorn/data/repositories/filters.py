"""Which rows a client may ask for: a Pydantic model whose fields are columns and operators."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, Generic, TypeVar

from pydantic import BaseModel, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, Dialect
from sqlalchemy.types import Enum, NullType, String

from pronghorn._record import record
from pronghorn.data.refusals.fitting import misfit, stored_kind
from pronghorn.data.repositories.mapped import column_of, list_columns
from pronghorn.data.repositories.ordering import Ordering
from pronghorn.exceptions import DeclarationError, RequestValidationError

Model = TypeVar("Model")

Make = Callable[[Any, Any], ColumnElement[bool]]

# Patterns are escaped: `%` and `_` of a client stand for themselves.
OPERATORS: Final[Mapping[str, Make]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column != value,
    "lt": lambda column, value: column < value,
    "le": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "ge": lambda column, value: column >= value,
    "in": lambda column, value: column.in_(value),
    "not_in": lambda column, value: column.not_in(value),
    "is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
    "contains": lambda column, value: column.contains(value, autoescape=True),
    "icontains": lambda column, value: column.icontains(value, autoescape=True),
    "startswith": lambda column, value: column.startswith(value, autoescape=True),
    "istartswith": lambda column, value: column.istartswith(value, autoescape=True),
    "endswith": lambda column, value: column.endswith(value, autoescape=True),
    "iendswith": lambda column, value: column.iendswith(value, autoescape=True),
}

PATTERNS: Final = frozenset(name for name in OPERATORS if name.endswith(("contains", "with")))
LISTS: Final = frozenset({"in", "not_in"})

# Drivers take a limited number of parameters, asyncpg 32,767 in one statement.
MOST_VALUES: Final = 1000


class Where:
    """Makes a condition of a field that is no column.

    ```python
    search: Annotated[str | None, Where(lambda text: User.bio.match(text))] = None
    ```
    """

    def __init__(self, make: Callable[[Any], ColumnElement[bool]]) -> None:
        self.make = make


@record
class Condition:
    """What one field of a filter means."""

    field: str
    parameter: str
    make: Callable[[Any], ColumnElement[bool]]
    column: Any = None
    operator: str = "eq"


class Filter(BaseModel, Generic[Model]):
    """A model of the query whose fields say which rows are wanted.

    ```python
    class UserFilter(Filter[User]):
        name__icontains: str | None = None
        created_at__ge: datetime | None = None

    async def list_users(filter: Annotated[UserFilter, Query()]): ...
    ```

    A field is the name of a column, or one with `__` and an operator behind it: `eq` (the same
    as none), `ne`, `lt`, `le`, `gt`, `ge`, `in`, `not_in`, `is_null`, `contains`, `icontains`,
    `startswith`, `istartswith`, `endswith`, `iendswith`.  None asks for nothing.  A field whose
    type is an `Ordering` gives the order; one with `Where` in its annotation makes a condition
    of its own.
    """

    conditions: ClassVar[tuple[Condition, ...]] = ()
    ordering_field: ClassVar[str | None] = None

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        model = filtered_model(cls)
        if model is not None:
            fields = cls.model_fields
            orders = [name for name, field in fields.items() if is_ordering(field)]
            cls.ordering_field = orders[0] if orders else None
            cls.conditions = tuple(
                condition_of(cls, model, name, field)
                for name, field in fields.items()
                if name not in orders
            )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, values: Any) -> Any:
        """Refuse a condition that is not declared: to leave it out would show other rows.

        A column's name alone may be a parameter of the endpoint's own, which nobody here knows.
        """
        if isinstance(values, Mapping):
            known = {item.parameter for item in cls.conditions} | cls.model_fields.keys()
            for name in values:
                if name not in known and cls._looks_like_condition(name):
                    raise PydanticCustomError(
                        "unknown_filter",
                        "There is no filter {name}; there are: {known}",
                        {"name": name, "known": ", ".join(sorted(known))},
                    )
        return values

    @classmethod
    def _looks_like_condition(cls, name: str) -> bool:
        column, _, operator = name.rpartition("__")
        is_column = any(getattr(item.column, "key", None) == column for item in cls.conditions)
        return bool(column) and (operator in OPERATORS or is_column)

    @property
    def ordering(self) -> Ordering[Model] | None:
        """The order that is asked for, if there is a field for it."""
        return getattr(self, self.ordering_field) if self.ordering_field else None

    def criteria(self, dialect: Dialect | None = None) -> list[ColumnElement[bool]]:
        """The conditions for those fields that are not None.

        With a *dialect*, values that a column of that database cannot hold raise
        `RequestValidationError`, so they are answered 422.
        """
        asked = [(item, getattr(self, item.field)) for item in self.conditions]
        asked = [(item, value) for item, value in asked if value is not None]
        errors = [] if dialect is None else list(misfits(asked, dialect))
        if errors:
            raise RequestValidationError(errors)
        return [item.make(value) for item, value in asked]


def misfits(asked: Iterable[tuple[Condition, Any]], dialect: Dialect) -> Iterable[dict[str, Any]]:
    """Errors as Pydantic words them, for values that no row can have."""
    for item, value in asked:
        if item.column is None or item.operator == "is_null":
            continue
        values = list(value) if item.operator in LISTS else [value]
        reasons = {misfit(one, item.column.type, dialect) for one in values[:MOST_VALUES]} - {None}
        if len(values) > MOST_VALUES:
            reasons = {f"a list of more than {MOST_VALUES}"}
        for reason in reasons:
            message = f"Input is {reason}"
            loc = ("query", item.parameter)
            yield {"type": "column_value", "loc": loc, "msg": message, "input": value}


# --- at import -------------------------------------------------------------------------------


def filtered_model(cls: type[BaseModel]) -> type[Any] | None:
    """The model in `Filter[User]`, of the class or of one that it comes from."""
    for ancestor in cls.__mro__:
        told: Any = ancestor.__dict__.get("__pydantic_generic_metadata__") or {}
        for argument in told.get("args", ()):
            if not isinstance(argument, TypeVar):
                model: type[Any] = argument
                return model
    return None


def is_ordering(field: FieldInfo) -> bool:
    kinds = getattr(field.annotation, "__args__", (field.annotation,))
    return any(isinstance(kind, type) and issubclass(kind, Ordering) for kind in kinds)


def condition_of(
    cls: type[Filter[Any]], model: type[Any], name: str, field: FieldInfo
) -> Condition:
    parameter = str(field.validation_alias or field.alias or name)
    for mark in field.metadata:
        if isinstance(mark, Where):
            return Condition(name, parameter, mark.make)
    column, operator = split(model, name)
    problem = problem_of(model, name, column, operator, field)
    if problem:
        raise DeclarationError(
            "filter-field",
            problem=f"`{cls.__name__}.{name}` filters nothing: {problem}.",
            remedy=f"Columns are {list_columns(model)}; operators are {', '.join(OPERATORS)}. "
            "For anything else, say what it means: "
            f"`{name}: Annotated[str | None, Where(lambda value: ...)] = None`.",
        )
    return Condition(name, parameter, bind(OPERATORS[operator], column), column, operator)


def split(model: type[Any], name: str) -> tuple[Any, str]:
    """The column and the operator that a field is named after."""
    column = column_of(model, name)
    if column is not None:  # It may have two underscores in its name.
        return column, "eq"
    key, _, operator = name.partition("__")
    return column_of(model, key), operator or "eq"


def problem_of(
    model: type[Any], name: str, column: Any, operator: str, field: FieldInfo
) -> str | None:
    if column is None:
        return f"`{name.partition('__')[0]}` is no column of `{model.__name__}`"
    if operator not in OPERATORS:
        return f"there is no operator `{operator}`"
    kind = stored_kind(column.type)
    is_text = isinstance(kind, String | NullType) and not isinstance(kind, Enum)
    if operator in PATTERNS and not is_text:
        return "only a text contains one"
    if operator in LISTS and not any(
        getattr(part, "__origin__", part) in (list, set, tuple, frozenset)
        for part in (field.annotation, *getattr(field.annotation, "__args__", ()))
    ):
        return f"`{operator}` takes a list"
    return None


def bind(make: Make, column: Any) -> Callable[[Any], ColumnElement[bool]]:
    return lambda value: make(column, value)
