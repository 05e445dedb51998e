"""Two routers that include each other."""

from pronghorn import APIRouter

FASTAPI_RAISES = AssertionError

users = APIRouter()
items = APIRouter()
users.include_router(items, prefix="/items")
items.include_router(users, prefix="/users")
