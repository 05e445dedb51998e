"""Something to try again after that is no exception."""

from pronghorn import Retry

FASTAPI_RAISES = TypeError

retry = Retry(on=("40001",))
