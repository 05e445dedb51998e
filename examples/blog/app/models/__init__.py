"""The tables."""

from models.declarative import Base
from models.post import Post
from models.user import User

__all__ = ["Base", "Post", "User"]
