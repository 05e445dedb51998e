"""A route without a path in a router without a prefix."""

from pronghorn import APIRouter, FastAPI
from pronghorn.exceptions import FastAPIError

FASTAPI_RAISES = FastAPIError

app = FastAPI()
router = APIRouter()


@router.get("")
def list_items():
    return []


app.include_router(router)
