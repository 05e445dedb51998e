"""A budget that is no number."""

from pronghorn import FastAPI

FASTAPI_RAISES = ValueError

app = FastAPI(query_budget="few")
