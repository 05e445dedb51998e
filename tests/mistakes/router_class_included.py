"""The class of routers is included."""

from pronghorn import APIRouter, FastAPI

FASTAPI_RAISES = TypeError

app = FastAPI()


app.include_router(APIRouter)
