"""FastAPI is installed too, and one of its marks was imported by mistake."""

from typing import Annotated

from pronghorn import FastAPI

# FastAPI cannot tell this mistake from another program; what is raised is what it raises often.
FASTAPI_RAISES = TypeError

app = FastAPI()


class Depends:
    """Stands for FastAPI's own, which is not installed here."""

    def __init__(self, dependency):
        self.dependency = dependency


Depends.__module__ = "fastapi.params"


def find_user():
    return "ann"


@app.get("/items")
def list_items(user: Annotated[str, Depends(find_user)] = "nobody"):
    return user
