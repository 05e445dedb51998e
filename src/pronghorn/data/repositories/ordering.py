"""In which order rows come, as a client may choose it: `?order_by=-created_at,name`."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from sqlalchemy import ColumnElement

from pronghorn.data.repositories.mapped import column_of, list_columns, model_of
from pronghorn.exceptions import DeclarationError

Model = TypeVar("Model")


class Ordering(Generic[Model]):
    """An order among the columns that a subclass allows.

    ```python
    class UserOrder(Ordering[User], by=[User.name, User.created_at]):
        pass

    async def list_users(order_by: UserOrder = UserOrder("-created_at")): ...
    ```

    Its text has names of columns, separated by commas, each at most once; `-` before a name
    means descending.  Raises `ValueError` for any other text.
    """

    columns: ClassVar[dict[str, Any]] = {}  # Any: attributes of all kinds of columns
    pattern: ClassVar[str] = "^$"

    def __init_subclass__(cls, *, by: Sequence[Any] = (), **options: Any) -> None:
        super().__init_subclass__(**options)
        if by:
            cls.columns = {name_of(cls, column): column for column in by}
            names = "|".join(map(re.escape, cls.columns))
            cls.pattern = f"^-?({names})(,-?({names}))*$"

    def __init__(self, text: str) -> None:
        words = text.split(",")
        names = [word.removeprefix("-") for word in words]
        if not self.columns.keys() >= set(names) or len(set(names)) < len(names):
            raise ValueError(f"{text!r} is no list of {', '.join(self.columns)}")
        self.text = text
        self.terms: tuple[ColumnElement[Any], ...] = tuple(
            self.columns[name].desc() if word.startswith("-") else self.columns[name].asc()
            for name, word in zip(names, words, strict=True)
        )

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((type(self), self.text))

    # It never changes, and as the default of a parameter it is copied for each request.
    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        description = f"{', '.join(cls.columns)}, separated by commas; `-` before: descending"
        return {"type": "string", "pattern": cls.pattern, "description": description}

    @classmethod
    def _validate(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        try:
            return cls(value)
        except (AttributeError, TypeError, ValueError):
            raise PydanticCustomError(
                "ordering",
                "Input should be some of {columns}, separated by commas, each at most once; "
                "'-' before a name: descending",
                {"columns": ", ".join(cls.columns)},
            ) from None


def name_of(ordering: type[Ordering[Any]], column: Any) -> str:
    """The name of a column, which must be one of the ordering's model."""
    model = model_of(ordering, Ordering)
    name = getattr(column, "key", None)
    if name and (model is None or column_of(model, name) is not None):
        return str(name)
    raise DeclarationError(
        "ordering-column",
        problem=f"`{ordering.__name__}` orders by `{column}`, which is no column of "
        f"`{model.__name__ if model else '?'}`.",
        remedy=f"Order by some of {list_columns(model) if model else 'its columns'}.",
    )
