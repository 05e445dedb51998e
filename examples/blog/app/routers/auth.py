"""Logging in."""

from typing import Annotated

from pronghorn import APIRouter, Depends, HTTPException, status
from pronghorn.security import OAuth2PasswordRequestForm

from dependencies import Auth
from schemas import Token

router = APIRouter()


@router.post(
    "/token",
    response_model=Token,
    responses={401: {"description": "Incorrect username or password"}},
)
async def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()], auth: Auth) -> Token:
    """Exchange an e-mail address (as `username`) and a password for an access token."""
    access_token = await auth.log_in(form.username, form.password)
    if access_token is None:
        raise HTTPException(
            status_code=status.HTTP_401_UNAUTHORIZED,
            detail="Incorrect username or password",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return Token(access_token=access_token)
