"""Data access: the only modules that write queries. They flush and never commit."""

from repositories.post_repository import PostRepository
from repositories.user_repository import UserRepository

__all__ = ["PostRepository", "UserRepository"]
