"""What comes in and what goes out."""

from schemas.post import PostCreate, PostResponse, PostUpdate
from schemas.token import Token
from schemas.user import AuthorResponse, UserCreate, UserResponse, UserUpdate

__all__ = [
    "AuthorResponse",
    "PostCreate",
    "PostResponse",
    "PostUpdate",
    "Token",
    "UserCreate",
    "UserResponse",
    "UserUpdate",
]
