"""What is read of an entity for a response model: decided where a route is declared, or refused.

Rows are read as plain data, and validated as the model says.  So each field has to be a column or
a relationship: what Python code of the entity would say is not known to a row.
"""

import inspect
from typing import Any, NoReturn

import sqlalchemy
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.ext.associationproxy import AssociationProxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    ColumnProperty,
    CompositeProperty,
    Mapper,
    RelationshipProperty,
    SynonymProperty,
)

from pronghorn._record import record
from pronghorn.data.row_json.models import held_in, lookup_names, sees_raw, why_not_plain
from pronghorn.exceptions import DeclarationError

ABSENT: Any = object()
LISTS = (None, list)
UNLOADED = frozenset({"dynamic", "write_only", "noload"})
"""Ways of having a relationship under which it is no list of what there is."""

WRAPPING = "sqlalchemy.orm.events"
"""Where SQLAlchemy puts a function of its own around a listener of somebody's."""


@record
class Shape:
    """What a model takes of an entity."""

    entity: type[Any]
    columns: tuple[str, ...]
    """Attributes of the entity; the model finds them under the same names."""
    relations: tuple["Relation", ...]


@record
class Relation:
    """A relationship that a model takes, and what it takes of the other side."""

    name: str
    is_many: bool
    shape: Shape


def shape_of(model: type[BaseModel], entity: type[Any]) -> Shape:
    """What *model* takes of *entity*.

    Raises:
        DeclarationError: a field is no column or relationship, or the entity would be needed as
            an object.
    """
    return Reader(model, entity, ()).shape()


class Reader:
    """Reads one model beside one entity; the models within have readers of their own."""

    def __init__(
        self, model: type[BaseModel], entity: type[Any], above: tuple[type[BaseModel], ...]
    ) -> None:
        self.model = model
        self.entity = entity
        self.above = (*above, model)
        self.mapper = checked_mapper(entity)

    def shape(self) -> Shape:
        self.check_entity()
        self.check_model()
        columns: list[str] = []
        relations: list[Relation] = []
        for name, info in self.model.model_fields.items():
            attribute = self.attribute_of(name, info)
            match attribute and self.mapper.attrs.get(attribute):
                case None:
                    continue
                case RelationshipProperty() as found:
                    relations.append(self.relation(name, info, found))
                case ColumnProperty() as found:
                    self.check_column(name, found)
                    columns.append(found.key)
                case other:
                    raise TypeError(other)
        return Shape(self.entity, tuple(dict.fromkeys(columns)), tuple(relations))

    # --- fields ------------------------------------------------------------------------------

    def attribute_of(self, name: str, info: FieldInfo) -> str | None:
        """The attribute that the field *name* is read from; None if its default is taken."""
        names = lookup_names(self.model, name, info)
        if names is None:
            self.refuse(name, "its alias is a path")
        for candidate in names:
            found = inspect.getattr_static(self.entity, candidate, ABSENT)
            if found is ABSENT:
                continue
            mapped = self.mapper.attrs.get(candidate)
            if isinstance(mapped, (ColumnProperty, RelationshipProperty)):
                return candidate
            self.refuse(name, f"`{self.entity.__name__}.{candidate}` is {kind_of(found, mapped)}")
        if info.is_required():
            self.refuse(name, f"{self.entity.__name__} has no such attribute")
        return None

    def check_column(self, name: str, found: ColumnProperty[Any]) -> None:
        if ("query_expression", True) in (found.strategy_key or ()):
            self.refuse(name, "it is filled by each query")

    def relation(self, name: str, info: FieldInfo, found: RelationshipProperty[Any]) -> Relation:
        held = held_in(info.annotation)
        if held is None or held.is_many is not bool(found.uselist):
            wanted = "a list of models" if found.uselist else "a model, or a model or None"
            self.refuse(name, f"it is a relationship, and its type is not {wanted}")
        if held.model in self.above:
            self.refuse(name, f"{held.model.__name__} is within itself, and so has no end")
        if sees_raw(self.model, name, info):
            self.refuse(name, "a validator sees the relationship before it is validated")
        if found.lazy in UNLOADED:
            self.refuse(name, f"the relationship is {found.lazy}")
        if found.collection_class not in LISTS:
            self.refuse(name, "the relationship is no plain list")
        shape = Reader(held.model, found.mapper.class_, self.above).shape()
        return Relation(found.key, held.is_many, shape)

    # --- the whole ---------------------------------------------------------------------------

    def check_model(self) -> None:
        if "__mapper__" in vars(self.model):
            self.refuse_model("it is an entity itself")
        reason = why_not_plain(self.model)
        if reason is not None:
            self.refuse_model(reason)

    def check_entity(self) -> None:
        reason = why_not_rows(self.mapper)
        if reason is not None:
            raise DeclarationError(
                "rows-entity",
                problem=f"Rows of {self.entity.__name__} say less than its objects: {reason}.",
                remedy="Return objects, by `response_model` without `FromRows`.",
            )

    def refuse(self, name: str, reason: str) -> NoReturn:
        raise DeclarationError(
            "rows-field",
            problem=f"`{self.model.__name__}.{name}` cannot be read from rows: {reason}.",
            remedy=f"Leave it out of the model, make it a column of {self.entity.__name__}, or"
            " return objects, by `response_model` without `FromRows`.",
        )

    def refuse_model(self, reason: str) -> NoReturn:
        raise DeclarationError(
            "rows-model",
            problem=f"{self.model.__name__} cannot be made from rows: {reason}.",
            remedy="Return objects, by `response_model` without `FromRows`; or take a plainer"
            " model.",
        )


def checked_mapper(entity: type[Any]) -> Mapper[Any]:
    try:
        found = sqlalchemy.inspect(entity)
    except NoInspectionAvailable:
        found = None
    if not isinstance(found, Mapper):
        raise DeclarationError(
            "rows-entity",
            problem=f"FromRows({entity!r}): that is no mapped class.",
            remedy="Name the class whose rows are selected: `FromRows(User)`.",
        )
    return found


def why_not_rows(mapper: Mapper[Any]) -> str | None:
    """What objects of the entity do that rows do not; None if nothing."""
    entity = mapper.class_
    if len(list(mapper.self_and_descendants)) > 1:
        return "some are objects of a class derived from it"
    if any(hasattr(value, "__sa_reconstructor__") for value in attributes_of(entity)):
        return "it has a reconstructor"
    if any(is_of_others(listener) for listener in mapper.class_manager.dispatch.load):
        return "somebody listens to its being loaded"
    for hook in ("__getattribute__", "__getattr__"):
        method = getattr(entity, hook, None)
        if method is not None and is_foreign(method):
            return f"it has a `{hook}` of its own"
    return None


def is_of_others(listener: Any) -> bool:
    # Composites, and values that notice changes within them, listen to say the same as before.
    # We do so outside of production, to know the line that wanted an object.
    module = listener.__module__
    return not module.startswith(("sqlalchemy.", "pronghorn.")) or module == WRAPPING


def attributes_of(entity: type[Any]) -> list[Any]:
    return [value for owner in entity.__mro__ for value in vars(owner).values()]


def is_foreign(method: Any) -> bool:
    module = getattr(method, "__module__", None) or "builtins"
    return module.partition(".")[0] not in ("builtins", "pydantic", "sqlmodel")


PYTHON_KINDS = {
    property: "a property",
    hybrid_property: "a hybrid property",
    AssociationProxy: "an association proxy",
}
MAPPED_KINDS = {CompositeProperty: "a composite", SynonymProperty: "a synonym"}


def kind_of(found: Any, mapped: Any) -> str:
    """What an attribute is that is no column and no relationship."""
    kinds = ((PYTHON_KINDS, found), (MAPPED_KINDS, mapped))
    known = (
        text for table, item in kinds for kind, text in table.items() if isinstance(item, kind)
    )
    return next(known, "no mapped attribute")
