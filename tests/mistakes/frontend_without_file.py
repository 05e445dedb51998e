"""A frontend whose folder has no such fallback."""

from pronghorn import FastAPI

FASTAPI_RAISES = RuntimeError

app = FastAPI()
app.frontend("/", directory="/", fallback="404.html")
