"""Users: sign up, look around, change or delete oneself."""

from pronghorn import APIRouter, BackgroundTasks, status

from dependencies import (
    CurrentUser,
    Limit,
    OwnUser,
    ReadUsers,
    Search,
    Skip,
    UserId,
    Users,
)
from models import User
from schemas import UserCreate, UserResponse, UserUpdate
from services.mail_service import send_welcome

router = APIRouter(
    prefix="/users",
    tags=["users"],
    responses={404: {"description": "Not found"}},
)


@router.post(
    "",
    response_model=UserResponse,
    status_code=status.HTTP_201_CREATED,
    summary="Create a new user",
    responses={409: {"description": "Email already registered"}},
)
async def create_user(
    user_data: UserCreate, users: Users, background_tasks: BackgroundTasks
) -> User:
    """
    Create a new user with the following information:

    - **email**: unique email address
    - **name**: display name
    - **password**: secure password (min 8 chars)

    A welcome mail is sent after the answer.
    """
    user = await users.create(user_data)
    background_tasks.add_task(send_welcome, user.email, user.name)
    return user


@router.get("", response_model=list[UserResponse])
async def list_users(
    users: ReadUsers, skip: Skip = 0, limit: Limit = 10, search: Search = None
) -> list[User]:
    """List users, oldest first."""
    return await users.list(skip, limit, search)


@router.get("/me", response_model=UserResponse)
async def read_users_me(current_user: CurrentUser) -> User:
    """Return the user who asks."""
    return current_user


@router.get("/{user_id}", response_model=UserResponse)
async def get_user(user_id: UserId, users: ReadUsers) -> User:
    """Return one user."""
    return await users.get(user_id)


@router.patch(
    "/{user_id}",
    response_model=UserResponse,
    responses={409: {"description": "Email already registered"}},
)
async def update_user(user_data: UserUpdate, user: OwnUser, users: Users) -> User:
    """Change what the body names; what it leaves out stays as it is."""
    return await users.update(user, user_data)


@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_user(user: OwnUser, users: Users) -> None:
    """Delete oneself and all of one's posts."""
    await users.delete(user)
