"""One dependency where a list of them belongs."""

from pronghorn import FastAPI

FASTAPI_RAISES = TypeError

app = FastAPI()


def check():
    return True


app.add_api_route("/items", check, dependencies=check)
