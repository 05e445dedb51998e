"""A field of a filter that is named after no column."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn.data import Filter

FASTAPI_RAISES = AssertionError


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class UserFilter(Filter[User]):
    nam__icontains: str | None = None
