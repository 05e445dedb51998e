"""A dependency that nobody may ever call."""

from pronghorn import Depends

FASTAPI_RAISES = ValueError

depends = Depends(print, max_concurrency=0)
