"""Access tokens: signed, with the user's id as their subject and an end (RFC 7519)."""

from datetime import UTC, datetime, timedelta

import jwt

from config import settings
from schemas.token import TokenPayload


def create_access_token(user_id: int) -> str:
    end = datetime.now(UTC) + timedelta(minutes=settings.access_token_expire_minutes)
    return jwt.encode(
        {"sub": str(user_id), "exp": end},
        settings.secret_key.get_secret_value(),
        algorithm=settings.algorithm,
    )


def read_access_token(token: str) -> int | None:
    """The user's id, or None if the token is not one of ours or has ended."""
    try:
        payload = jwt.decode(
            token,
            settings.secret_key.get_secret_value(),
            algorithms=[settings.algorithm],
            options={"require": ["exp", "sub"]},
        )
        return TokenPayload.model_validate(payload).sub
    # A header of brackets within brackets is a RecursionError, not an InvalidTokenError.
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
