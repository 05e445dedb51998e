"""A decorator is used without its path."""

from pronghorn import FastAPI

FASTAPI_RAISES = TypeError

app = FastAPI()


def list_items():
    return []


app.get(list_items)(list_items)
