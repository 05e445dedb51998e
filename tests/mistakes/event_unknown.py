"""An event that there is not."""

from pronghorn import APIRouter

FASTAPI_RAISES = AssertionError

router = APIRouter()


def connect():
    pass


router.add_event_handler("start", connect)
