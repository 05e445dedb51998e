"""What the routes ask for, and how it is made."""

from dependencies.auth import CurrentUser
from dependencies.parameters import Limit, PostId, Search, Skip, UserId
from dependencies.permissions import OwnPost, OwnUser
from dependencies.services import Auth, Posts, ReadPosts, ReadUsers, Users

__all__ = [
    "Auth",
    "CurrentUser",
    "Limit",
    "OwnPost",
    "OwnUser",
    "PostId",
    "Posts",
    "ReadPosts",
    "ReadUsers",
    "Search",
    "Skip",
    "UserId",
    "Users",
]
