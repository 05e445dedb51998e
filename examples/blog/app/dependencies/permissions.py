"""What may be changed by whom: users by themselves, posts by their authors."""

from typing import Annotated

from pronghorn import Depends, HTTPException, status

from dependencies.auth import CurrentUser
from dependencies.parameters import PostId, UserId
from dependencies.services import Posts, Users
from models import Post, User


async def get_own_user(user_id: UserId, current_user: CurrentUser, users: Users) -> User:
    """The user of this path, to be changed by nobody else."""
    if user_id != current_user.id:
        raise HTTPException(status.HTTP_403_FORBIDDEN, detail="This is not you")
    return await users.get_for_change(user_id)


async def get_own_post(post_id: PostId, current_user: CurrentUser, posts: Posts) -> Post:
    """The post of this path, to be changed by its author."""
    post = await posts.get_for_change(post_id)
    if post.author_id != current_user.id:
        raise HTTPException(status.HTTP_403_FORBIDDEN, detail="This is not your post")
    return post


OwnUser = Annotated[User, Depends(get_own_user)]
OwnPost = Annotated[Post, Depends(get_own_post)]
