"""What the seed's blocks use and do not have: a function for each block, with the reasons.

Where a block of the seed makes the name that another one uses, it comes from there.
Blocks that are complete have no prelude.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from seed.blocks import run_block
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pronghorn import FastAPI

SECRET_KEY = "the key that the seed does not give away"
ALGORITHM = "HS256"

NOBODY: Mapping[int, object] = {}


def route_definition(users: Mapping[int, object] = NOBODY) -> dict[str, object]:
    """Schemas of another block, and the lookups that the block leaves to the reader."""
    schemas = run_block("Pydantic v2 Schemas")

    class UserResponse(schemas.UserResponse):  # type: ignore[misc, name-defined]
        """With a time of creation: the schema demands one, and the route gives none."""

        created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    async def get_user_by_id(user_id: int) -> object:
        return users.get(user_id)

    async def get_users(*, skip: int, limit: int, search: str | None) -> Sequence[object]:
        found = [user for user in users.values() if not search or search in str(user)]
        return found[skip : skip + limit]

    return {
        "UserCreate": schemas.UserCreate,
        "UserResponse": UserResponse,
        "get_user_by_id": get_user_by_id,
        "get_users": get_users,
    }


def dependency_injection(
    models: Any, session_maker: async_sessionmaker[AsyncSession]
) -> dict[str, object]:
    """The model and the session maker of other blocks, an import, and the application."""
    return {
        "User": models.User,
        "async_session_maker": session_maker,
        "select": select,
        "app": FastAPI(),
    }


def authentication_dependency(models: Any, sessions: Any) -> dict[str, object]:
    """The model, the session and the schema of other blocks, and what signs the tokens."""
    return {
        "User": models.User,
        "DbSession": sessions.DbSession,
        "UserResponse": run_block("Pydantic v2 Schemas").UserResponse,
        "SECRET_KEY": SECRET_KEY,
        "ALGORITHM": ALGORITHM,
        "app": FastAPI(),
    }


def database_setup(models: Any) -> dict[str, object]:
    """The tables of another block."""
    return {"Base": models.Base}


def repository_pattern(models: Any) -> dict[str, object]:
    """The model and a schema of other blocks, and a schema of our own."""

    class UserCreate(BaseModel):
        """With the columns of the model: the seed's has a `password`, which is no column."""

        email: str
        name: str
        hashed_password: str

    return {
        "User": models.User,
        "UserCreate": UserCreate,
        "UserUpdate": run_block("Pydantic v2 Schemas").UserUpdate,
    }


def application() -> dict[str, object]:
    """The application that a block adds something to."""
    return {"app": FastAPI()}


def background_tasks(remember: Callable[[str], None]) -> dict[str, object]:
    """A schema, a service, the application, and a forgotten import that does not wait."""

    class UserService:
        async def create(self, user: BaseModel) -> dict[str, object]:
            return {"id": 1, **user.model_dump(exclude={"password"})}

    async def sleep(seconds: float) -> None:
        """Two seconds would be waited for by every run of the tests."""
        remember(f"slept {seconds} seconds")
        await asyncio.sleep(0)

    return {
        "UserCreate": run_block("Pydantic v2 Schemas").UserCreate,
        "user_service": UserService(),
        "asyncio": SimpleNamespace(sleep=sleep),
        "app": FastAPI(),
    }


def configuration() -> dict[str, object]:
    """An import that the block forgets."""
    return {"ConfigDict": ConfigDict}
