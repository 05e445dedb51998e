"""Who sends the request."""

from typing import Annotated

from pronghorn import Depends, HTTPException, status
from pronghorn.security import OAuth2PasswordBearer

from dependencies.services import ReadUsers
from models import User

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="auth/token")


async def get_current_user(token: Annotated[str, Depends(oauth2_scheme)], users: ReadUsers) -> User:
    """The user whom the token names."""
    user = await users.find_by_token(token)
    if user is None:
        raise HTTPException(
            status_code=status.HTTP_401_UNAUTHORIZED,
            detail="Could not validate credentials",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
