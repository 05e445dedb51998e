"""An application is included into another."""

from pronghorn import FastAPI

FASTAPI_RAISES = AttributeError

app = FastAPI()


app.include_router(FastAPI())
