"""A module is included that has a router."""

from types import ModuleType

from pronghorn import APIRouter, FastAPI

FASTAPI_RAISES = AttributeError

app = FastAPI()


items = ModuleType("shop.items")
items.router = APIRouter()

app.include_router(items)
