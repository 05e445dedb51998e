"""An option of the application that there is not."""

from pronghorn import FastAPI

FASTAPI_RAISES = TypeError

app = FastAPI(tilte="Shop")
