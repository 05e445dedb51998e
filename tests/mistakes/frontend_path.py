"""A frontend whose path does not start with a slash."""

from pronghorn import APIRouter

FASTAPI_RAISES = AssertionError

router = APIRouter(prefix="/shop")
router.frontend("ui", directory="/")
