"""A wait that is longer than the longest."""

from pronghorn import Retry

FASTAPI_RAISES = ValueError

retry = Retry(on=TimeoutError, wait=2)
