"""Posts in the database, each with its author."""

from pronghorn.data import Repository, rows
from sqlalchemy import select

from models import Post
from schemas import PostResponse


class PostRepository(Repository[Post]):
    async def get_by_id(self, post_id: int, *, for_update: bool = False) -> Post:
        """A post that is not there is answered 404."""
        return await self.get_or_404(post_id, load=[Post.author], for_update=for_update)

    async def get_all(self, skip: int, limit: int) -> list[PostResponse]:
        """The newest posts first. Their rows become JSON with no objects in between."""
        query = select(Post).order_by(Post.id.desc()).offset(skip).limit(limit)
        posts: list[PostResponse] = rows(self.session, query)
        return posts
