"""Posts, as they come in and as they go out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.fields import PartialUpdate, PlainText
from schemas.user import AuthorResponse

Title = Annotated[PlainText, Field(min_length=1, max_length=200)]
Content = Annotated[PlainText, Field(min_length=1, max_length=50_000)]


class PostCreate(BaseModel):
    title: Title
    content: Content


class PostUpdate(PartialUpdate):
    title: Title | None = None
    content: Content | None = None


class PostResponse(BaseModel):
    id: int
    title: str
    content: str
    created_at: datetime
    author: AuthorResponse

    model_config = ConfigDict(from_attributes=True)
