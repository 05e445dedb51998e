"""A router that is included into itself."""

from pronghorn import APIRouter

FASTAPI_RAISES = AssertionError

router = APIRouter()
router.include_router(router, prefix="/again")
