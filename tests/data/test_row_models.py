"""What a response model may say of rows, and what is refused where the route is declared."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import pytest
import sqlmodel
from drivers.asgi import exchange
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    computed_field,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from sqlalchemy import ForeignKey, event, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    attribute_keyed_dict,
    column_property,
    composite,
    mapped_column,
    query_expression,
    reconstructor,
    relationship,
    selectinload,
    synonym,
)
from typing_extensions import TypeAliasType

from pronghorn import FastAPI
from pronghorn.data import Database, FromRows, ReadSession, rows
from pronghorn.exceptions import DeclarationError

pytestmark = pytest.mark.anyio


class Base(DeclarativeBase):
    pass


class Span:
    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end


class Owner(Base):
    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    age: Mapped[int] = mapped_column()
    data: Mapped[str | None]
    start: Mapped[int] = mapped_column(default=1)
    end: Mapped[int] = mapped_column(default=2)
    older: Mapped[int] = column_property(age + 1)
    span = composite(Span, "start", "end")
    nick = synonym("first_name")
    extra: Mapped[int | None] = query_expression()
    pets: Mapped[list["Pet"]] = relationship(back_populates="owner", order_by="Pet.id")
    by_name: Mapped[dict[str, "Pet"]] = relationship(
        collection_class=attribute_keyed_dict("name"), viewonly=True
    )
    counted: Mapped[list["Pet"]] = relationship(collection_class=ordering_list("id"), viewonly=True)
    some: Mapped[set["Pet"]] = relationship(viewonly=True)
    later: DynamicMapped["Pet"] = relationship(viewonly=True)
    names = association_proxy("pets", "name")
    CLASSES = ("a", "b")

    @property
    def shout(self) -> str:
        return self.first_name.upper()

    @hybrid_property
    def twice(self) -> int:
        return self.age * 2

    def bark(self) -> str:
        return "wuff"


Owner.number = column_property(Owner.__table__.c.id)


class Pet(Base):
    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner] = relationship(back_populates="pets")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PetOut(Out):
    id: int
    name: str


@pytest.fixture
async def db(tmp_path):
    async with Database(f"sqlite:///{tmp_path / 'pets.db'}") as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
            await connection.run_sync(sqlmodel.SQLModel.metadata.create_all)
        async with db.sessions() as session:
            ada = Owner(id=1, first_name="Ada", age=36, data='{"a": [1]}')
            ada.pets = [Pet(id=1, name="Rex"), Pet(id=2, name="Tom")]
            session.add_all([ada, Owner(id=2, first_name="Bo", age=7), Hero(id=1, name="H")])
        yield db


async def answers(db, model, entity=Owner, load=(), **options):
    app = FastAPI()
    app.state.database = db

    @app.get("/objects", response_model=list[model], **options)
    async def by_objects(session: ReadSession):
        return (await session.scalars(select(entity).options(*load))).all()

    @app.get("/rows", response_model=Annotated[list[model], FromRows(entity)], **options)
    async def by_rows(session: ReadSession):
        return rows(session, select(entity))

    both = [await exchange(app, "GET", path) for path in ("/objects", "/rows")]
    assert both[0].status == 200
    assert both[1].body == both[0].body
    return both[1].json


# --- what counts as ever -------------------------------------------------------------------


class Aliased(Out):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    first_name: str
    age: int = Field(alias="years")
    title: str = Field(validation_alias=AliasChoices("name", "nickname", "first_name"))
    label: str = Field(validation_alias=AliasPath("first_name"), serialization_alias="LABEL")


class ByNameOnly(Out):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)

    first_name: str = Field(alias="age")


class Computed(Out):
    first_name: Annotated[str, PlainSerializer(lambda value: value * 2)]
    age: int = Field(exclude=True)
    older: int

    @computed_field
    @property
    def next_age(self) -> int:
        return self.age + 1

    @field_serializer("older")
    def as_text(self, value):
        return f"{value} years"


class Checked(Out):
    first_name: Annotated[str, BeforeValidator(str.strip), AfterValidator(str.upper)]
    age: int
    pets: Annotated[list[Annotated[PetOut, AfterValidator(lambda pet: pet)]], Field(max_length=5)]
    kind: Literal["owner"] = "owner"

    @field_validator("age", mode="wrap")
    @classmethod
    def double(cls, value, handler):
        return handler(value) * 2

    @field_validator("pets")
    @classmethod
    def reverse(cls, value):
        return value[::-1]

    @model_validator(mode="after")
    def rename(self):
        self.first_name += f" of {len(self.pets)}"
        return self

    @model_serializer(mode="wrap")
    def wrapped(self, handler):
        return {"it": handler(self)}


class Generous(Out):
    model_config = ConfigDict(extra="allow")

    age: float


class Strict(Out):
    model_config = ConfigDict(extra="forbid", strict=True)

    age: int
    pets: Sequence[PetOut]


Pets = TypeAliasType("Pets", list[PetOut])


class Named(Out):
    pets: Pets


LOAD = [selectinload(Owner.pets)]


@pytest.mark.parametrize(
    "model",
    [Aliased, ByNameOnly, Computed, Checked, Generous, Strict, Named],
    ids=lambda m: m.__name__,
)
async def test_a_model_may_name_check_and_write_its_fields_as_it_likes(db, model):
    assert len(await answers(db, model, load=LOAD)) == 2


@pytest.mark.parametrize(
    "options",
    [
        {"response_model_exclude_unset": True},
        {"response_model_exclude_defaults": True},
        {"response_model_exclude_none": True},
        {"response_model_by_alias": False},
        {"response_model_include": {"data", "pets"}},
        {"response_model_exclude": {"pets": {"__all__": {"name"}}}},
    ],
    ids=lambda options: next(iter(options)),
)
async def test_every_option_of_a_response_model_counts(db, options):
    class Full(Out):
        name: str = Field("Bo", alias="first_name")
        data: str | None = None
        kind: str = "owner"
        pets: list[PetOut] = []

    await answers(db, Full, load=LOAD, **options)


class Hero(sqlmodel.SQLModel, table=True):
    id: int | None = sqlmodel.Field(default=None, primary_key=True)
    name: str
    secret: str = "s"


class HeroOut(sqlmodel.SQLModel):
    id: int
    name: str


async def test_a_model_and_an_entity_may_be_sqlmodels(db):
    assert await answers(db, HeroOut, Hero) == [{"id": 1, "name": "H"}]


async def test_a_column_may_have_two_names(db):
    class Both(Out):
        id: int
        number: int

    await answers(db, Both)


async def test_json_text_is_read_where_the_model_says_so(db):
    from pydantic import Json

    class Document(Out):
        id: int
        data: Json | None

    assert (await answers(db, Document))[0]["data"] == {"a": [1]}


# --- what is refused ---------------------------------------------------------------------


def field(annotation, default=..., **more):
    return {"__annotations__": {"it": annotation}, "it": Field(default, **more)}


def renamed(name, annotation=Any):
    return {"__annotations__": {name: annotation}}


class Tree(Out):
    pets: list["Leaf"]


class Leaf(Out):
    owner: Tree


class HeldBefore(Out):
    pets: list[PetOut]

    @field_validator("pets", mode="before")
    @classmethod
    def look(cls, value):
        return value


class SeesObject(Out):
    id: int

    @model_validator(mode="before")
    @classmethod
    def look(cls, value):
        return value


class OwnInit(Out):
    id: int

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class OwnSchema(Out):
    id: int

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return handler(source)


class Whole(RootModel[int]):
    pass


class Loud(str):
    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return handler(str)


FIELDS = {
    "a property": (renamed("shout"), "`Owner.shout` is a property"),
    "a hybrid": (renamed("twice"), "`Owner.twice` is a hybrid property"),
    "a proxy": (renamed("names"), "`Owner.names` is an association proxy"),
    "a method": (renamed("bark"), "`Owner.bark` is no mapped attribute"),
    "a constant": (renamed("CLASSES"), "`Owner.CLASSES` is no mapped attribute"),
    "a composite": (renamed("span"), "`Owner.span` is a composite"),
    "a synonym": (renamed("nick"), "`Owner.nick` is a synonym"),
    "an expression": (renamed("extra"), "it is filled by each query"),
    "nothing": (renamed("nothing"), "Owner has no such attribute"),
    "by alias": (field(int, alias="shout"), "`Owner.shout` is a property"),
    "by path": (field(int, validation_alias=AliasPath("data", 0)), "its alias is a path"),
    "a path among others": (
        field(int, validation_alias=AliasChoices("id", AliasPath("data", 0))),
        "its alias is a path",
    ),
    "one for many": (renamed("pets", PetOut), "its type is not a list of models"),
    "names for many": (renamed("pets", list[str]), "its type is not a list of models"),
    "a set for many": (renamed("pets", set[PetOut]), "its type is not a list of models"),
    "a list or none": (renamed("pets", list[PetOut] | None), "its type is not a list of models"),
    "a root for many": (renamed("pets", list[Whole]), "its type is not a list of models"),
    "a dict": (renamed("by_name", list[PetOut]), "the relationship is no plain list"),
    "a set": (renamed("some", list[PetOut]), "the relationship is no plain list"),
    "an ordering list": (renamed("counted", list[PetOut]), "the relationship is no plain list"),
    "dynamic": (renamed("later", list[PetOut]), "the relationship is dynamic"),
    "seen raw": (
        renamed("pets", Annotated[list[PetOut], BeforeValidator(list)]),
        "a validator sees the relationship before",
    ),
    "seen raw within": (
        renamed("pets", list[Annotated[PetOut, BeforeValidator(dict)]]),
        "a validator sees the relationship before",
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_no_row_says_is_refused_with_its_name(name):
    namespace, reason = FIELDS[name]
    model = type("OwnerOut", (Out,), {"__module__": __name__, **namespace})
    (field_name,) = model.model_fields
    with pytest.raises(DeclarationError) as caught:
        FastAPI().get("/", response_model=Annotated[list[model], FromRows(Owner)])(lambda: None)
    text = str(caught.value)
    assert f"`OwnerOut.{field_name}` cannot be read from rows: " in text
    assert reason in text
    assert re.search(r"in test_\w+\(\) at tests/data/test_row_models.py:\d+", text)
    assert text.endswith("[rows-field]")


MODELS = {
    "no end": (list[Tree], Owner, "Tree is within itself", "rows-field"),
    "held raw": (list[HeldBefore], Owner, "a validator sees the relationship", "rows-field"),
    "object": (SeesObject, Owner, "its validator `look` sees the object", "rows-model"),
    "init": (OwnInit, Owner, "it has an `__init__` of its own", "rows-model"),
    "schema": (OwnSchema, Owner, "`__get_pydantic_core_schema__` of its own", "rows-model"),
    "entity": (list[Hero], Hero, "it is an entity itself", "rows-model"),
    "root": (Whole, Owner, "stands beside <class", "rows-model"),
    "plain": (list[int], Owner, "stands beside list[int]", "rows-model"),
    "deep": (list[list[PetOut]], Pet, "stands beside list[list", "rows-model"),
    "several": (PetOut | Out, Pet, "stands beside", "rows-model"),
    "no entity": (list[PetOut], PetOut, "that is no mapped class", "rows-entity"),
    "a table": (list[PetOut], Pet.__table__, "that is no mapped class", "rows-entity"),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_rows_cannot_make_is_refused(name):
    annotation, entity, reason, code = MODELS[name]
    with pytest.raises(DeclarationError, match=re.escape(reason)) as caught:
        FastAPI().get("/", response_model=Annotated[annotation, FromRows(entity)])(lambda: None)
    assert caught.value.code == code


def entities():
    class Own(DeclarativeBase):
        pass

    class Plain:
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]

    class Above(Plain, Own):
        __tablename__ = "above"
        __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_on": "kind"}

    class Below(Above):
        __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "below"}

    yield Above, "some are objects of a class derived from it"

    class Woken(Plain, Own):
        __tablename__ = "woken"

        @reconstructor
        def wake(self):
            self.id += 1

    yield Woken, "it has a reconstructor"

    class Heard(Plain, Own):
        __tablename__ = "heard"

    @event.listens_for(Heard, "load")
    def hear(target, context):
        target.id += 1

    yield Heard, "somebody listens to its being loaded"

    class Hidden(Plain, Own):
        __tablename__ = "hidden"

        def __getattribute__(self, name):
            return super().__getattribute__(name)

    yield Hidden, "it has a `__getattribute__` of its own"

    class Made(Plain, Own):
        __tablename__ = "made"

        def __getattr__(self, name):
            return 1

    yield Made, "it has a `__getattr__` of its own"


def test_an_entity_whose_objects_say_more_than_rows_is_refused():
    class IdOut(Out):
        id: int

    for entity, reason in entities():
        with pytest.raises(DeclarationError, match=re.escape(reason)) as caught:
            FastAPI().get("/", response_model=Annotated[IdOut, FromRows(entity)])(lambda: None)
        assert caught.value.code == "rows-entity"


async def test_the_document_is_that_of_the_plain_model():
    def schema(annotation):
        app = FastAPI()
        app.get("/", response_model=annotation)(lambda: None)
        document = app.openapi()
        return document["paths"], document["components"]

    assert schema(Annotated[list[Checked], FromRows(Owner)]) == schema(list[Checked])
