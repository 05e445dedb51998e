"""Tables with relationships of each kind, what is in them, and the models of their answers."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    func,
    select,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    deferred,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    pass


membership = Table(
    "membership",
    Base.metadata,
    Column("artist_id", ForeignKey("artist.id"), primary_key=True),
    Column("band_id", ForeignKey("band.id"), primary_key=True),
    Column("since", Integer),
)


class Artist(Base):
    __tablename__ = "artist"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    notes: Mapped[str | None] = deferred(mapped_column(String(50)))
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("artist.id"))
    works: Mapped[list["Work"]] = relationship(
        back_populates="artist", order_by="[Work.year.desc(), Work.id]"
    )
    bands: Mapped[list["Band"]] = relationship(
        secondary=membership, order_by=membership.c.since, back_populates="artists"
    )
    mentor: Mapped["Artist | None"] = relationship(back_populates="pupils", remote_side="Artist.id")
    pupils: Mapped[list["Artist"]] = relationship(back_populates="mentor", order_by="Artist.id")
    page: Mapped["Page | None"] = relationship(back_populates="artist")
    late_works: Mapped[list["Work"]] = relationship(
        primaryjoin="and_(Artist.id == Work.artist_id, Work.year > 2000)",
        order_by="Work.id",
        viewonly=True,
    )


class Band(Base):
    __tablename__ = "band"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    artists: Mapped[list[Artist]] = relationship(
        secondary=membership, order_by=Artist.name, back_populates="bands"
    )


class Page(Base):
    __tablename__ = "page"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(50))
    artist_id: Mapped[int] = mapped_column(ForeignKey("artist.id"), unique=True)
    artist: Mapped[Artist] = relationship(back_populates="page")


class Work(Base):
    __tablename__ = "work"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    year: Mapped[int]
    artist_id: Mapped[int | None] = mapped_column(ForeignKey("artist.id"))
    artist: Mapped[Artist | None] = relationship(back_populates="works")
    editions: Mapped[list["Edition"]] = relationship(
        back_populates="work", order_by="Edition.number"
    )


class Edition(Base):
    """Its key is of two columns."""

    __tablename__ = "edition"

    work_id: Mapped[int] = mapped_column(ForeignKey("work.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    work: Mapped[Work] = relationship(back_populates="editions")
    copies: Mapped[list["Copy"]] = relationship(back_populates="edition", order_by="Copy.id")


class Copy(Base):
    __tablename__ = "copy"
    __table_args__ = (
        ForeignKeyConstraint(["work_id", "number"], ["edition.work_id", "edition.number"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(50))
    work_id: Mapped[int | None]
    number: Mapped[int | None]
    edition: Mapped[Edition | None] = relationship(back_populates="copies")


Work.edition_count = column_property(
    select(func.count(Edition.number)).where(Edition.work_id == Work.id).scalar_subquery()
)


class Shop(Base):
    """The first of two tables."""

    __tablename__ = "shop"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    town: Mapped[str] = mapped_column(String(50))
    __mapper_args__: ClassVar[dict[str, Any]] = {
        "polymorphic_on": "kind",
        "polymorphic_identity": "shop",
    }


class Gallery(Shop):
    """The second table, and the first."""

    __tablename__ = "gallery"

    id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    walls: Mapped[int]
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "gallery"}


class Kiosk(Shop):
    """Some rows of the first table."""

    height: Mapped[int | None]
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "kiosk"}


def fill() -> list[Any]:
    """What is in the tables: of each relationship none, one and several."""
    ada = Artist(id=1, name="Ada", notes="n")
    bo = Artist(id=2, name="Bo", mentor=ada, page=Page(id=1, url="/bo"))
    cy = Artist(id=3, name="Cy", mentor=ada)
    di = Artist(id=4, name="Di", mentor=bo)
    ada.bands = [Band(id=1, name="A"), Band(id=2, name="B")]
    bo.bands = [ada.bands[1]]
    works = [
        Work(id=number, title=f"w{number}", year=1990 + number, artist=(ada, bo, None)[number % 3])
        for number in range(1, 25)
    ]
    editions = [Edition(work=works[n // 2], number=n % 3) for n in range(9)]
    copies = [Copy(id=n, place=f"p{n}", edition=editions[n % 5]) for n in range(1, 12)]
    lost = Copy(id=20, place="lost", work_id=1, number=None)
    shops = [
        Shop(id=1, town="X"),
        Gallery(id=2, town="Y", walls=4),
        Kiosk(id=3, town="Z", height=2),
    ]
    return [ada, bo, cy, di, *works, *editions, *copies, lost, *shops]


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class BandOut(Out):
    name: str


class BandWithArtists(BandOut):
    artists: list["ArtistName"]


class ArtistName(Out):
    id: int
    name: str


class PageOut(Out):
    url: str


class CopyOut(Out):
    place: str


class EditionOut(Out):
    number: int
    copies: list[CopyOut]


class WorkTitle(Out):
    title: str


class WorkOut(Out):
    title: str
    edition_count: int
    artist: ArtistName | None
    editions: list[EditionOut]


class ArtistOut(Out):
    name: str
    notes: str | None
    mentor: ArtistName | None
    pupils: list[ArtistName]
    works: list[WorkTitle]
    late_works: list[WorkTitle]
    bands: list[BandWithArtists]
    page: PageOut | None


class CopyWithEdition(Out):
    id: int
    edition: EditionOut | None


class GalleryOut(Out):
    id: int
    town: str
    walls: int


class KioskOut(Out):
    town: str
    height: int | None
