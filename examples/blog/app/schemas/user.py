"""Users, as they come in and as they go out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.fields import Email, PartialUpdate, PlainText

Name = Annotated[PlainText, Field(min_length=1, max_length=100)]


class UserBase(BaseModel):
    email: Email
    name: Name


class UserCreate(UserBase):
    password: str = Field(min_length=8, max_length=256)


class UserUpdate(PartialUpdate):
    email: Email | None = None
    name: Name | None = None


class UserResponse(UserBase):
    id: int
    created_at: datetime
    is_active: bool = True

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": 1,
                "email": "user@example.com",
                "name": "John Doe",
                "created_at": "2025-01-01T00:00:00Z",
                "is_active": True,
            }
        },
    )


class AuthorResponse(BaseModel):
    """What a post shows of its author."""

    id: int
    name: str

    model_config = ConfigDict(from_attributes=True)
