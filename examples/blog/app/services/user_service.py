"""What can be done with users."""

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from errors import EmailTaken
from models import User
from repositories import UserRepository
from schemas import UserCreate, UserUpdate
from services.passwords import hash_password


class UserService:
    def __init__(self, users: UserRepository) -> None:
        self.users = users

    async def get(self, user_id: int) -> User | None:
        return await self.users.get_by_id(user_id)

    async def get_for_change(self, user_id: int) -> User | None:
        return await self.users.get_for_change(user_id)

    async def list(self, skip: int, limit: int, search: str | None) -> Sequence[User]:
        return await self.users.get_all(skip, limit, search)

    async def create(self, user_data: UserCreate) -> User:
        """Raises EmailTaken. The database decides: to look first would leave a gap."""
        # Before the first query, so that no connection is held while it is hashed.
        hashed_password = await hash_password(user_data.password)
        user = User(email=user_data.email, name=user_data.name, hashed_password=hashed_password)
        try:
            return await self.users.create(user)
        except IntegrityError as error:
            raise EmailTaken from error

    async def update(self, user: User, user_data: UserUpdate) -> User:
        """Raises EmailTaken."""
        try:
            return await self.users.update(user, user_data)
        except IntegrityError as error:
            raise EmailTaken from error

    async def delete(self, user: User) -> None:
        """The user's posts go as well."""
        await self.users.delete(user)
