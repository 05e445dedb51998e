"""An option of a router, nowhere near to one that there is."""

from pronghorn import APIRouter

FASTAPI_RAISES = TypeError

router = APIRouter(zzz=True)
