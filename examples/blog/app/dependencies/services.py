"""Services, each on a session of its own kind: one that writes, or one that reads."""

from typing import Annotated

from pronghorn import Depends

from dependencies.database import DbSession, OpenDatabase, ReadSession
from repositories import PostRepository, UserRepository
from services import AuthService, PostService, UserService


def get_auth_service(database: OpenDatabase) -> AuthService:
    return AuthService(database)


def get_users(session: DbSession) -> UserService:
    return UserService(UserRepository(session))


def get_users_to_read(session: ReadSession) -> UserService:
    return UserService(UserRepository(session))


def get_posts(session: DbSession) -> PostService:
    return PostService(PostRepository(session))


def get_posts_to_read(session: ReadSession) -> PostService:
    return PostService(PostRepository(session))


Auth = Annotated[AuthService, Depends(get_auth_service)]
Users = Annotated[UserService, Depends(get_users)]
ReadUsers = Annotated[UserService, Depends(get_users_to_read)]
Posts = Annotated[PostService, Depends(get_posts)]
ReadPosts = Annotated[PostService, Depends(get_posts_to_read)]
