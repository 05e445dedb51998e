"""Logging in.

Hashing takes long, so the sessions here are short: no connection to the database is held while a
password is verified.
"""

from pronghorn.data import SessionFactory

from models import User
from repositories import UserRepository
from services.passwords import verify_password
from services.tokens import create_access_token


class AuthService:
    def __init__(self, sessions: SessionFactory) -> None:
        self.sessions = sessions

    async def log_in(self, email: str, password: str) -> str | None:
        """An access token, or None if the e-mail address or the password is wrong."""
        user = await self._find_by_email(email)
        hashed_password = None if user is None else user.hashed_password
        is_right, new_hash = await verify_password(password, hashed_password)
        if user is None or not is_right or not user.is_active:
            return None
        if new_hash is not None:
            await self._store_hash(user.id, new_hash)
        return create_access_token(user.id)

    async def _find_by_email(self, email: str) -> User | None:
        if "\0" in email:  # PostgreSQL would refuse the query
            return None
        async with self.sessions.read() as session:
            return await UserRepository(session).get_by_email(email.lower())

    async def _store_hash(self, user_id: int, hashed_password: str) -> None:
        async with self.sessions() as session:
            users = UserRepository(session)
            user = await users.get(user_id, for_update=True)
            if user is not None:
                await users.update(user, hashed_password=hashed_password)
