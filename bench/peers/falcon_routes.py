"""Falcon: it validates numbers of the path and the query; for bodies pydantic is called by hand."""

from typing import Any

from falcon import HTTP_422
from falcon.asgi import App, Request, Response
from pydantic import TypeAdapter, ValidationError

from bench.models import ACCOUNTS, Account, User, UserIn

accounts = TypeAdapter(list[Account])


class HelloResource:
    async def on_get(self, request: Request, response: Response) -> None:
        response.media = {"message": "hello"}


class ParamsResource:
    async def on_get(self, request: Request, response: Response, item_id: int) -> None:
        limit = request.get_param_as_int("limit", min_value=1, max_value=100, default=10)
        response.media = {"id": item_id, "q": request.get_param("q"), "limit": limit}


class BodyResource:
    async def on_post(self, request: Request, response: Response) -> None:
        try:
            user = UserIn.model_validate_json(await request.stream.read())
        except ValidationError as error:
            response.status = HTTP_422
            response.text = error.json()
            return
        response.status = 201
        response.data = User(id=1, **user.model_dump()).model_dump_json().encode()
        response.content_type = "application/json"


class ListResource:
    async def on_get(self, request: Request, response: Response) -> None:
        response.data = accounts.dump_json(list(ACCOUNTS.values()))
        response.content_type = "application/json"


ROUTES: dict[str, tuple[str, Any]] = {
    "hello": ("/hello", HelloResource),
    "params": ("/params/{item_id:int}", ParamsResource),
    "body": ("/body", BodyResource),
    "list100": ("/list100", ListResource),
}


def make(*names: str) -> App[Any, Any]:
    app = App()
    for name in names:
        path, resource = ROUTES[name]
        app.add_route(path, resource())
    return app


APPLICATIONS: dict[str, Any] = {
    **{name: lambda name=name: make(name) for name in ROUTES},
    "wire": lambda: make("hello", "params", "body"),
}
