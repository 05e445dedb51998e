"""A repository of a Pydantic model."""

from pydantic import BaseModel

from pronghorn.data import Repository

FASTAPI_RAISES = AssertionError


class User(BaseModel):
    name: str


class UserRepository(Repository[User]):
    pass
