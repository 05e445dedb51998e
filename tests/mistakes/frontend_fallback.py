"""A frontend with a fallback that is none of the known ones."""

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()
app.frontend("/", directory="/", fallback="home.html")
