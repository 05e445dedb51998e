"""A prefix that ends with a slash."""

from pronghorn import APIRouter

FASTAPI_RAISES = AssertionError

router = APIRouter(prefix="/items/")
