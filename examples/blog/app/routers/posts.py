"""Posts: everybody reads them, their authors change them."""

from typing import Annotated

from pronghorn import APIRouter, Retry, status
from pronghorn.data import FromRows
from sqlalchemy.exc import IntegrityError

from dependencies import CurrentUser, Limit, OwnPost, PostId, Posts, ReadPosts, Skip
from models import Post
from schemas import PostCreate, PostResponse, PostUpdate

router = APIRouter(
    prefix="/posts",
    tags=["posts"],
    responses={404: {"description": "Not found"}},
)


@router.post(
    "",
    response_model=PostResponse,
    status_code=status.HTTP_201_CREATED,
    # An author may leave while the post is written. The second attempt finds nobody, a 401.
    retry=Retry(on=IntegrityError, attempts=2),
)
async def create_post(post_data: PostCreate, current_user: CurrentUser, posts: Posts) -> Post:
    """Publish a post."""
    return await posts.create(current_user, post_data)


@router.get("", query_budget=2)
async def list_posts(
    posts: ReadPosts, skip: Skip = 0, limit: Limit = 10
) -> Annotated[list[PostResponse], FromRows(Post)]:
    """List posts with their authors, newest first."""
    return await posts.list(skip, limit)


@router.get("/{post_id}", response_model=PostResponse)
async def get_post(post_id: PostId, posts: ReadPosts) -> Post:
    """Return one post with its author."""
    return await posts.get(post_id)


@router.patch("/{post_id}", response_model=PostResponse)
async def update_post(post_data: PostUpdate, post: OwnPost, posts: Posts) -> Post:
    """Change what the body names; what it leaves out stays as it is."""
    return await posts.update(post, post_data)


@router.delete("/{post_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_post(post: OwnPost, posts: Posts) -> None:
    """Delete one of one's own posts."""
    await posts.delete(post)
