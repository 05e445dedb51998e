"""Users in the database."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import User
from schemas import UserUpdate


class UserRepository:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get_by_id(self, user_id: int) -> User | None:
        return await self.session.get(User, user_id)

    async def get_for_change(self, user_id: int) -> User | None:
        """The user, locked until the transaction ends."""
        return await self.session.get(User, user_id, with_for_update=True)

    async def get_by_email(self, email: str) -> User | None:
        return await self.session.scalar(select(User).where(User.email == email))

    async def get_all(self, skip: int, limit: int, search: str | None) -> Sequence[User]:
        query = select(User).order_by(User.id).offset(skip).limit(limit)
        if search:
            # autoescape: a % in the search means a % in the text.
            query = query.where(
                or_(
                    User.name.icontains(search, autoescape=True),
                    User.email.icontains(search, autoescape=True),
                )
            )
        return (await self.session.scalars(query)).all()

    async def create(self, user: User) -> User:
        self.session.add(user)
        await self.session.flush()
        return user

    async def update(self, user: User, user_data: UserUpdate) -> User:
        for field, value in user_data.model_dump(exclude_unset=True).items():
            setattr(user, field, value)
        await self.session.flush()
        return user

    async def delete(self, user: User) -> None:
        await self.session.delete(user)
        await self.session.flush()
