"""What can be done with posts."""

from models import Post, User
from repositories import PostRepository
from schemas import PostCreate, PostResponse, PostUpdate


class PostService:
    def __init__(self, posts: PostRepository) -> None:
        self.posts = posts

    async def get(self, post_id: int) -> Post:
        return await self.posts.get_by_id(post_id)

    async def get_for_change(self, post_id: int) -> Post:
        """The post, locked until the transaction ends."""
        return await self.posts.get_by_id(post_id, for_update=True)

    async def list(self, skip: int, limit: int) -> list[PostResponse]:
        return await self.posts.get_all(skip, limit)

    async def create(self, author: User, post_data: PostCreate) -> Post:
        return await self.posts.create(post_data, author=author)

    async def update(self, post: Post, post_data: PostUpdate) -> Post:
        return await self.posts.update(post, post_data)

    async def delete(self, post: Post) -> None:
        await self.posts.delete(post)
