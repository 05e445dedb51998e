"""What the statements of a repository are made of: a model, a session, and what is asked for."""

import builtins
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from pydantic.errors import PydanticSchemaGenerationError
from sqlalchemy import ColumnExpressionArgument, Dialect, Result, Select, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper
from typing_extensions import TypeAliasType

from pronghorn.data.refusals.fitting import misfit
from pronghorn.data.repositories.filters import Filter
from pronghorn.data.repositories.keysets import SortKey, Term, sort_keys
from pronghorn.data.repositories.loading_paths import Path, load_options
from pronghorn.data.repositories.mapped import mapper_of
from pronghorn.data.repositories.ordering import Ordering
from pronghorn.data.repositories.values import Data, read_values
from pronghorn.data.sessions.asked import Session
from pronghorn.exceptions import DeclarationError, HTTPException

Model = TypeVar("Model")

Criterion = TypeAliasType(
    "Criterion", Filter[Model] | ColumnExpressionArgument[bool], type_params=(Model,)
)
"""A condition: one of SQLAlchemy's, or all those of a filter."""
OrderBy = TypeAliasType(
    "OrderBy", Ordering[Model] | Term | Sequence[Term] | None, type_params=(Model,)
)
"""An order: one that a client chose, or columns."""
Load = Sequence[Path]
"""Relationships to load: `[User.posts, (User.posts, Post.tags)]`."""


Execute = Callable[..., Awaitable[Result[*tuple[Any, ...]]]]


class Selection(Generic[Model]):
    """A model and a session; `Repository` has the methods."""

    model: ClassVar[type[Any]]
    may_load_lazily: ClassVar[bool] = False

    if not TYPE_CHECKING:
        _of_models: ClassVar[dict[Any, type]] = {}

        def __class_getitem__(cls, model: Any) -> Any:
            """A class for the model, so that `Repository[User]` works as it stands."""
            if isinstance(model, TypeVar):
                return super().__class_getitem__(model)
            if mapper_of(model) is None:
                raise no_model(cls, model)
            key = (cls, model)
            if key not in cls._of_models:
                name = f"{cls.__name__}[{model.__name__}]"
                about = {"model": model, "__module__": cls.__module__, "__doc__": cls.__doc__}
                cls._of_models[key] = type(name, (cls,), about)
            return cls._of_models[key]

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            """A value of a request it is never, so somebody forgot what makes it."""
            try:
                # A model of the user's may hold anything, if it says so.
                return handler(source)
            except PydanticSchemaGenerationError as error:
                raise not_given(cls) from error

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A class for others to inherit from has a type variable in the place of the model.
        if not hasattr(cls, "model") and not getattr(cls, "__parameters__", ()):
            raise no_model(cls, None)

    def __init__(self, session: Session) -> None:
        if not hasattr(self, "model"):
            raise no_model(type(self), None)
        self.session: AsyncSession = session
        # SQLModel's sessions warn of `execute`, and have `exec` for it.
        self._execute: Execute = getattr(session, "exec", session.execute)

    @property
    def _mapper(self) -> Mapper[Model]:
        mapper: Mapper[Model] = inspect(self.model)
        return mapper

    @property
    def _dialect(self) -> Dialect:
        return self.session.get_bind(self._mapper).dialect

    def _options(self, load: Load) -> Any:
        model: Any = self.model
        return load_options(model, tuple(load), may_load_lazily=self.may_load_lazily)

    def _misfits(self, value: Any, column: Any) -> bool:
        return misfit(value, column.type, self._dialect) is not None

    def _criteria(self, where: Sequence[Criterion[Model]]) -> builtins.list[Any]:
        found: builtins.list[Any] = []
        for criterion in where:
            if isinstance(criterion, Filter):
                found += criterion.criteria(self._dialect)
            else:
                found.append(criterion)
        return found

    def _select(self, where: Sequence[Criterion[Model]], load: Load) -> Select[Any]:
        return select(self.model).where(*self._criteria(where)).options(*self._options(load))

    def _count(self, where: Sequence[Criterion[Model]]) -> Select[int]:
        return select(func.count()).select_from(self.model).where(*self._criteria(where))

    def _keys(
        self, where: Sequence[Criterion[Model]], order_by: OrderBy[Model]
    ) -> tuple[SortKey, ...]:
        """The order that is asked for: by the caller, else by a filter."""
        filters = (criterion for criterion in where if isinstance(criterion, Filter))
        asked = (criterion.ordering for criterion in filters if criterion.ordering_field)
        return sort_keys(self._mapper, next(asked, None) if order_by is None else order_by)

    def _made(self, data: Data | Model | None, values: dict[str, Any]) -> Model:
        if isinstance(data, self.model):
            for name, value in read_values(self.model, None, values, only_set=False).items():
                setattr(data, name, value)
            return cast("Model", data)
        found = read_values(self.model, cast("Data | None", data), values, only_set=False)
        new: Model = self.model(**found)
        return new

    def _found(self, instance: Model | None) -> Model:
        if instance is None:
            raise HTTPException(404, f"{self.model.__name__} not found")
        return instance


def not_given(cls: type[Any]) -> DeclarationError:
    return DeclarationError(
        "repository-depends",
        problem=f"`{cls.__name__}` is read from no request, and is no answer.",
        remedy=f"As a parameter it is a dependency: `Annotated[{cls.__name__}, Depends()]`, or"
        f" `Depends({cls.__name__}.reading)` to read only.",
    )


def no_model(cls: type[Any], model: Any) -> DeclarationError:
    what = "has no model" if model is None else f"is made of {model!r}, which is no mapped class"
    return DeclarationError(
        "repository-model",
        problem=f"`{cls.__name__}` {what}.",
        remedy="Name a model: `class UserRepository(Repository[User])`; in a class that others"
        " inherit from, a type variable: `Repository[Model]`.",
    )
