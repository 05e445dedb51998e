"""A repository of no model."""

from pronghorn.data import Repository

FASTAPI_RAISES = AssertionError


class UserRepository(Repository):
    pass
