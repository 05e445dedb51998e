"""A cancellation, which is no exception to be tried again after."""

import asyncio

from pronghorn import Retry

FASTAPI_RAISES = TypeError

retry = Retry(on=asyncio.CancelledError)
