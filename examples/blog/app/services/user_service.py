"""What can be done with users."""

from sqlalchemy.exc import IntegrityError

from errors import EmailTaken
from models import User
from repositories import UserRepository
from schemas import UserCreate, UserUpdate
from services.passwords import hash_password
from services.tokens import read_access_token


class UserService:
    def __init__(self, users: UserRepository) -> None:
        self.users = users

    async def get(self, user_id: int) -> User:
        """A user who is not there is answered 404."""
        return await self.users.get_or_404(user_id)

    async def get_for_change(self, user_id: int) -> User:
        """The user, locked until the transaction ends."""
        return await self.users.get_or_404(user_id, for_update=True)

    async def find_by_token(self, token: str) -> User | None:
        """The user who sent the token, or None if it is no good or the user is gone."""
        user_id = read_access_token(token)
        user = None if user_id is None else await self.users.get_by_id(user_id)
        return user if user is not None and user.is_active else None

    async def list(self, skip: int, limit: int, search: str | None) -> list[User]:
        return await self.users.get_all(skip, limit, search)

    async def create(self, user_data: UserCreate) -> User:
        """Raises EmailTaken. The database decides: to look first would leave a gap."""
        # Before the first query, so that no connection is held while it is hashed.
        hashed_password = await hash_password(user_data.password)
        values = user_data.model_dump(exclude={"password"})
        try:
            return await self.users.create(values, hashed_password=hashed_password)
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
