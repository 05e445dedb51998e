"""Posts in the database, each with its author."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from models import Post
from schemas import PostUpdate

WITH_AUTHOR = selectinload(Post.author)


class PostRepository:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get_by_id(self, post_id: int) -> Post | None:
        return await self.session.get(Post, post_id, options=[WITH_AUTHOR])

    async def get_for_change(self, post_id: int) -> Post | None:
        """The post, locked until the transaction ends."""
        return await self.session.get(
            Post, post_id, options=[WITH_AUTHOR], with_for_update={"of": Post}
        )

    async def get_all(self, skip: int, limit: int) -> Sequence[Post]:
        """The newest posts first."""
        query = select(Post).options(WITH_AUTHOR).order_by(Post.id.desc())
        return (await self.session.scalars(query.offset(skip).limit(limit))).all()

    async def create(self, post: Post) -> Post:
        self.session.add(post)
        await self.session.flush()
        return post

    async def update(self, post: Post, post_data: PostUpdate) -> Post:
        for field, value in post_data.model_dump(exclude_unset=True).items():
            setattr(post, field, value)
        await self.session.flush()
        return post

    async def delete(self, post: Post) -> None:
        await self.session.delete(post)
        await self.session.flush()
