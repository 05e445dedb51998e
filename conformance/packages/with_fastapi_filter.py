"""fastapi-filter: the rows that a filter asks for, out of a database by SQLAlchemy."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi_filter import FilterDepends, with_prefix
from fastapi_filter.contrib.sqlalchemy import Filter
from pydantic import BaseModel, ConfigDict, Field, field_validator
from served import Served, serving
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

MODULE = Path(__file__).stem
router = APIRouter()
engine = create_async_engine("sqlite+aiosqlite:///shop.sqlite3")
make_session = async_sessionmaker(engine, expire_on_commit=False)

# The application ------------------------------------------------------------------------------


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[float]
    note: Mapped[str | None]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    shop: Mapped[Shop] = relationship(lazy="joined")


SHOPS = [Shop(id=1, city="Oslo"), Shop(id=2, city="Bergen")]
ITEMS = [
    Item(id=1, name="apple", price=1, note="green", shop_id=1),
    Item(id=2, name="banana", price=2.5, note=None, shop_id=1),
    Item(id=3, name="cherry", price=4, note="red, small", shop_id=2),
    Item(id=4, name="date", price=2.5, note=None, shop_id=2),
]


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str


class ShopFilter(Filter):
    city: str | None = None
    city__in: list[str] | None = None

    class Constants(Filter.Constants):
        model = Shop


class ItemFilter(Filter):
    name: str | None = None
    name__like: str | None = None
    name__in: list[str] | None = None
    id__not_in: list[int] | None = None
    price__gte: float | None = Field(Query(default=None, ge=0))
    price__lt: float | None = None
    note__isnull: bool | None = None
    search: str | None = None
    order_by: list[str] = Field(default=["id"])
    shop: ShopFilter | None = FilterDepends(with_prefix("shop", ShopFilter))

    class Constants(Filter.Constants):
        model = Item
        search_model_fields = ("name", "note")

    @field_validator("order_by")
    @classmethod
    def refuse_notes(cls, value: list[str]) -> list[str]:
        if "note" in value:
            message = "notes have no order"
            raise ValueError(message)
        return value


class CheapFilter(Filter):
    """A filter whose fields have other names outside, and one that must be there."""

    price__lt: float = Field(alias="below")
    name__neq: str | None = Field(default=None, alias="but_not")

    class Constants(Filter.Constants):
        model = Item


async def open_session() -> AsyncIterator[AsyncSession]:
    async with make_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session)]


@router.get("/items")
async def list_items(
    session: Session,
    asked: Annotated[ItemFilter, FilterDepends(ItemFilter)],
    limit: int = 10,
) -> list[ItemOut]:
    query = asked.sort(asked.filter(select(Item).join(Shop)))
    return list(await session.scalars(query.limit(limit)))


@router.get("/cheap", response_model=list[ItemOut])
async def list_cheap_items(
    session: Session, asked: CheapFilter = FilterDepends(CheapFilter, by_alias=True)
) -> Any:
    return await session.scalars(asked.filter(select(Item)).order_by(Item.id))


@asynccontextmanager
async def open_database(app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with make_session.begin() as session:
        session.add_all([*SHOPS, *ITEMS])
    yield
    await engine.dispose()


def make_app() -> FastAPI:
    app = FastAPI(lifespan=open_database)
    app.include_router(router, prefix="/shop")
    return app


# The checks -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with serving(f"{MODULE}:make_app", folder) as served:
        yield served


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", [1, 2, 3, 4]),
        ("name=date", [4]),
        ("name__like=%25an%25", [2]),
        ("name__in=apple,date", [1, 4]),
        ("id__not_in=1,4", [2, 3]),
        ("price__gte=2.5", [2, 3, 4]),
        ("price__gte=2.5&price__lt=3", [2, 4]),
        ("note__isnull=true", [2, 4]),
        ("note__isnull=false", [1, 3]),
        ("search=RE", [1, 3]),
        ("order_by=-price,name", [3, 2, 4, 1]),
        ("order_by=-name&limit=2", [4, 3]),
        ("shop__city=Oslo", [1, 2]),
        ("shop__city__in=Oslo,Bergen&price__gte=4", [3]),
        ("name=nothing", []),
    ],
)
def check_the_rows_are_those_that_were_asked_for(
    served: Served, query: str, rows: list[int]
) -> None:
    answer = httpx.get(f"{served.url}/shop/items?{query}")
    assert answer.status_code == 200, answer.text
    assert [row["id"] for row in answer.json()] == rows


@pytest.mark.parametrize(
    ("query", "place", "words"),
    [
        ("price__gte=-1", ["query", "price__gte"], "greater than or equal to 0"),
        ("price__lt=cheap", ["query", "price__lt"], "valid number"),
        ("id__not_in=1,two", ["id__not_in", 1], "valid integer"),
        ("order_by=colour", ["order_by"], "colour is not a valid ordering field"),
        ("order_by=note", ["order_by"], "notes have no order"),
    ],
)
def check_a_filter_that_makes_no_sense_is_refused(
    served: Served, query: str, place: list[Any], words: str
) -> None:
    answer = httpx.get(f"{served.url}/shop/items?{query}")
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["detail"]
    assert error["loc"] == place
    assert words in error["msg"]


def check_a_filter_may_be_known_by_aliases(served: Served) -> None:
    answer = httpx.get(f"{served.url}/shop/cheap?below=3&but_not=banana")
    assert [row["id"] for row in answer.json()] == [1, 4]
    refused = httpx.get(f"{served.url}/shop/cheap")
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["query", "below"]


def check_the_document_has_the_filters(served: Served) -> None:
    document = httpx.get(f"{served.url}/openapi.json").json()
    parameters = document["paths"]["/shop/items"]["get"]["parameters"]
    found = {p["name"]: p["in"] for p in parameters}
    assert found == dict.fromkeys(
        [
            "limit", "name", "name__like", "name__in", "id__not_in", "price__gte", "price__lt",
            "note__isnull", "search", "order_by", "shop__city", "shop__city__in",
        ],
        "query",
    )  # fmt: skip
