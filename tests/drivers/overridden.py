"""A small application with a dependency to override."""

from drivers.asgi import exchange

from pronghorn import Depends, FastAPI


def original():
    return "original"


def other():
    return "other"


async def get(app, target="/", **options):
    answer = await exchange(app, "GET", target, **options)
    assert answer.status == 200, answer.body
    return answer.json


def make_app():
    app = FastAPI()

    @app.get("/")
    async def endpoint(value=Depends(original)):
        return value

    return app
