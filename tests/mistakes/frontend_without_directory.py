"""A frontend that was not built."""

from pronghorn import FastAPI

FASTAPI_RAISES = RuntimeError

app = FastAPI()
app.frontend("/", directory="/no/such/folder")
