"""What can be done with posts."""

from collections.abc import Sequence

from models import Post, User
from repositories import PostRepository
from schemas import PostCreate, PostUpdate


class PostService:
    def __init__(self, posts: PostRepository) -> None:
        self.posts = posts

    async def get(self, post_id: int) -> Post | None:
        return await self.posts.get_by_id(post_id)

    async def get_for_change(self, post_id: int) -> Post | None:
        return await self.posts.get_for_change(post_id)

    async def list(self, skip: int, limit: int) -> Sequence[Post]:
        return await self.posts.get_all(skip, limit)

    async def create(self, author: User, post_data: PostCreate) -> Post:
        return await self.posts.create(Post(author=author, **post_data.model_dump()))

    async def update(self, post: Post, post_data: PostUpdate) -> Post:
        return await self.posts.update(post, post_data)

    async def delete(self, post: Post) -> None:
        await self.posts.delete(post)
