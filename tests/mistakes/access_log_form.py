"""A form of the access log that nobody knows."""

from pronghorn import FastAPI

FASTAPI_RAISES = ValueError

app = FastAPI(access_log="xml")
