"""The table of posts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.declarative import Base

if TYPE_CHECKING:
    from models.user import User


class Post(Base):
    """Something that a user wrote."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    # Whoever wants the author asks for it in the query: never one query for each post.
    author: Mapped[User] = relationship(back_populates="posts", lazy="raise")
