"""Access tokens, as they go out and as they come back."""

from typing import Literal

from pydantic import BaseModel

from schemas.fields import RowId


class Token(BaseModel):
    """The answer to a log-in (RFC 6749 5.1)."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a word of RFC 6750, no secret)


class TokenPayload(BaseModel):
    """What the application reads in a token that it signed: the user's id."""

    sub: RowId
