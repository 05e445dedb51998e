"""Users in the database."""

from pronghorn.data import Repository
from sqlalchemy import or_

from models import User


class UserRepository(Repository[User]):
    async def get_by_id(self, user_id: int) -> User | None:
        return await self.get(user_id)

    async def get_by_email(self, email: str) -> User | None:
        return await self.one(User.email == email)

    async def get_all(self, skip: int, limit: int, search: str | None) -> list[User]:
        # autoescape: a % in the search means a % in the text.
        is_found = or_(
            User.name.icontains(search or "", autoescape=True),
            User.email.icontains(search or "", autoescape=True),
        )
        return await self.list(*[is_found] if search else [], offset=skip, limit=limit)
