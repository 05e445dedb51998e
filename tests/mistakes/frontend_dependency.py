"""A frontend behind a dependency that has nothing to call."""

from pronghorn import APIRouter, Depends

FASTAPI_RAISES = AssertionError

router = APIRouter(dependencies=[Depends()])
router.frontend("/", directory="/")
