"""An application as its tests find it: two tables, sessions of all kinds."""

import os

from sqlalchemy import ForeignKey, MetaData, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import FastAPI
from pronghorn.data import NAMING_CONVENTION, Database, ReadSession, Session, SyncSession


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    part_of: Mapped[int | None] = mapped_column(
        ForeignKey("items.id", deferrable=True, initially="DEFERRED", name="part_of_item")
    )


# Nothing is there, and nothing may be made there.
db = Database(os.environ.get("SHOP_DATABASE", "sqlite:////nowhere/shop.db"))
app = FastAPI(lifespan=db.lifespan)


@app.post("/items")
async def create(name: str, session: Session, part_of: int | None = None) -> str:
    session.add(Item(name=name, part_of=part_of))
    await session.flush()
    return name


@app.get("/items")
async def names(session: ReadSession) -> list[str]:
    return list(await session.scalars(select(Item.name).order_by(Item.id)))


@app.post("/written-by-reader")
async def write(session: ReadSession) -> None:
    await session.execute(text("INSERT INTO items (name) VALUES ('read')"))


@app.post("/blocking")
def create_blocking(name: str, session: SyncSession) -> str:
    session.add(Item(name=name))
    return name


@app.get("/blocking")
def names_blocking(session: SyncSession) -> list[str]:
    return list(session.scalars(select(Item.name).order_by(Item.id)))
