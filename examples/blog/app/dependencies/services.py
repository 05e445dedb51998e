"""Services, on repositories that write or on some that only read."""

from typing import Annotated

from pronghorn import Depends

from dependencies.database import PostRows, PostRowsToRead, UserRows, UserRowsToRead
from services import AuthService, PostService, UserService


def get_users(users: UserRows) -> UserService:
    return UserService(users)


def get_users_to_read(users: UserRowsToRead) -> UserService:
    return UserService(users)


def get_posts(posts: PostRows) -> PostService:
    return PostService(posts)


def get_posts_to_read(posts: PostRowsToRead) -> PostService:
    return PostService(posts)


Auth = Annotated[AuthService, Depends()]
Users = Annotated[UserService, Depends(get_users)]
ReadUsers = Annotated[UserService, Depends(get_users_to_read)]
Posts = Annotated[PostService, Depends(get_posts)]
ReadPosts = Annotated[PostService, Depends(get_posts_to_read)]
