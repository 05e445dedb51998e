"""Tables with everything that a database can refuse, and an application that lets it refuse."""

import datetime as dt
import decimal
import enum
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Person(Base):
    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("first", "last", name="one_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column("e_mail", String(20), unique=True)
    first: Mapped[str | None]
    last: Mapped[str | None]
    age: Mapped[int | None] = mapped_column(CheckConstraint("age >= 0", name="age_positive"))
    height: Mapped[int | None] = mapped_column(CheckConstraint("height > 0"))
    big: Mapped[int | None] = mapped_column(BigInteger)
    small: Mapped[int | None] = mapped_column(SmallInteger)
    price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(5, 2))
    token: Mapped[uuid.UUID | None]
    colour: Mapped[Colour | None]
    day: Mapped[dt.date | None]
    born: Mapped[dt.datetime | None]
    seen: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Shelf(Base):
    """Books know their shelf, and maps do not; neither can be without one."""

    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(back_populates="shelf")
    maps: Mapped[list["Map"]] = relationship()


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    shelf_id: Mapped[int] = mapped_column("shelf", ForeignKey("shelves.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="books")


class Map(Base):
    __tablename__ = "maps"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column("shelf", ForeignKey("shelves.id"))


class Box(Base):
    """Its rules are texts."""

    __tablename__ = "boxes"
    __table_args__ = (
        CheckConstraint("width > 0", name="width_positive"),
        CheckConstraint("depth > 0"),
        CheckConstraint("abs(WEIGHT) > 0", name="weight_positive"),
        CheckConstraint('"from" > 0', name="from_positive"),
        CheckConstraint("kind <> 'depth' AND length(kind) > 0", name="kind_known"),
        CheckConstraint("width <> 5 OR depth <> 6", name="not_five_by_six"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    width: Mapped[int | None]
    depth: Mapped[int | None]
    weight: Mapped[int | None]
    # The name of a function, too.
    length: Mapped[int | None]
    from_: Mapped[int | None] = mapped_column("from")
    kind: Mapped[str]


class Tag(Base):
    """Its key is what PostgreSQL knows as a type of its own."""

    __tablename__ = "tags"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class Late(Base):
    """Its reference is looked at when the transaction is committed."""

    __tablename__ = "late"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", deferrable=True, initially="DEFERRED")
    )


AWARE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Dated(Base):
    """What the application fills in itself has a time zone, and the column has none."""

    __tablename__ = "dated"

    id: Mapped[int] = mapped_column(primary_key=True)
    made: Mapped[dt.datetime] = mapped_column(default=lambda: AWARE)


class Slug(Base):
    """Its uniqueness is that of an index, and one of it is of what a function makes."""

    __tablename__ = "slugs"
    __table_args__ = (Index("slug_place", "place", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str | None]
    text: Mapped[str | None]


Index("slug_lower", func.lower(Slug.text), unique=True)


def ada(**values: Any) -> Person:
    return Person(**{"email": "ada@example.org", **values})
