"""A number of attempts that is none."""

from pronghorn import Retry

FASTAPI_RAISES = ValueError

retry = Retry(on=TimeoutError, attempts=0)
