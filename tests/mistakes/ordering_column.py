"""An ordering by a column of another model."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn.data import Ordering

FASTAPI_RAISES = AssertionError


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class UserOrder(Ordering[User], by=[Post.title]):
    pass
