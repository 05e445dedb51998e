"""Business logic: what the application does, without a word of HTTP."""

from services.auth_service import AuthService
from services.post_service import PostService
from services.user_service import UserService

__all__ = ["AuthService", "PostService", "UserService"]
