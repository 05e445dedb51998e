"""Nothing to try again after."""

from pronghorn import Retry

FASTAPI_RAISES = TypeError

retry = Retry(on=())
