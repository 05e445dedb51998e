"""The applications under measurement, as users of FastAPI write them.

Each is built by a function that is given the framework: FastAPI or Pronghorn.  Not a word differs
between the two.  Each answers one case, so that no route stands before another.
"""

import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import jwt
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.models import ACCOUNTS, SECRET, USERS, Account, Hello, Session, User, UserIn

# The framework's module, of whichever name.
Framework = Any


def hello(f: Framework) -> Any:
    app = f.FastAPI()
    add_hello(f, app)
    return app


def add_hello(f: Framework, app: Any) -> None:
    @app.get("/hello")
    async def hello() -> Any:
        return {"message": "hello"}


def typed(f: Framework) -> Any:
    app = f.FastAPI()

    @app.get("/typed")
    async def typed() -> Hello:
        return Hello(message="hello")

    return app


def params(f: Framework) -> Any:
    app = f.FastAPI()
    add_params(f, app)
    return app


def add_params(f: Framework, app: Any) -> None:
    @app.get("/params/{item_id}")
    async def params(
        item_id: int, q: str | None = None, limit: int = f.Query(10, ge=1, le=100)
    ) -> Any:
        return {"id": item_id, "q": q, "limit": limit}


def body(f: Framework) -> Any:
    app = f.FastAPI()
    add_body(f, app)
    return app


def limited(f: Framework) -> Any:
    app = f.FastAPI(max_body_size=1000)
    add_body(f, app)
    return app


def add_body(f: Framework, app: Any) -> None:
    @app.post("/body", response_model=User, status_code=201)
    async def body(user: UserIn) -> Any:
        return User(id=1, **user.model_dump())


def list100(f: Framework) -> Any:
    app = f.FastAPI()

    @app.get("/list100", response_model=list[Account])
    async def list100() -> Any:
        return list(ACCOUNTS.values())

    return app


def nested100(f: Framework) -> Any:
    app = f.FastAPI()

    @app.get("/nested100", response_model=list[User])
    async def nested100() -> Any:
        return USERS

    return app


def deps(f: Framework) -> Any:
    app = f.FastAPI()
    add_deps(f, app)
    return app


def add_deps(f: Framework, app: Any) -> Callable[..., Any]:
    async def first(x: int = 1) -> int:
        return x

    async def second(value: Annotated[int, f.Depends(first)]) -> int:
        return value + 1

    async def yielding() -> AsyncIterator[int]:
        yield 5

    async def header(x_token: Annotated[str | None, f.Header()] = None) -> str | None:
        return x_token

    @app.get("/deps")
    async def deps(
        v: Annotated[int, f.Depends(second)],
        w: Annotated[int, f.Depends(yielding)],
        t: Annotated[str | None, f.Depends(header)],
    ) -> Any:
        return {"v": v, "w": w, "t": t}

    return first


def auth(f: Framework) -> Any:
    app = f.FastAPI()
    bearer = f.security.OAuth2PasswordBearer(tokenUrl="token")

    async def get_session() -> AsyncIterator[Session]:
        session = Session()
        try:
            yield session
            session.commit()
        finally:
            session.close()

    use_session = f.Depends(get_session, scope="function")

    async def current_account(
        token: Annotated[str, f.Depends(bearer)], session: Annotated[Session, use_session]
    ) -> Account:
        refusal = f.HTTPException(401, "Could not validate credentials")
        try:
            claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        except jwt.PyJWTError:
            raise refusal from None
        account = session.get(int(claims["sub"]))
        if account is None:
            raise refusal
        return account

    @app.get("/accounts/{account_id}", response_model=Account)
    async def read_account(
        account_id: int,
        reader: Annotated[Account, f.Depends(current_account)],
        session: Annotated[Session, use_session],
    ) -> Any:
        account = session.get(account_id)
        if account is None or account.id != reader.id:
            raise f.HTTPException(404, "No such account")
        return account

    return app


def form(f: Framework) -> Any:
    app = f.FastAPI()

    @app.post("/form")
    async def log_in(form: Annotated[f.security.OAuth2PasswordRequestForm, f.Depends()]) -> Any:
        return {"user": form.username, "scopes": form.scopes}

    return app


def include3(f: Framework) -> Any:
    app = f.FastAPI()
    inner, middle, outer = f.APIRouter(), f.APIRouter(), f.APIRouter()

    @inner.get("/items/{item_id}")
    async def read_item(item_id: int) -> Any:
        return {"id": item_id}

    middle.include_router(inner, prefix="/c")
    outer.include_router(middle, prefix="/b")
    app.include_router(outer, prefix="/a")
    return app


def route300(f: Framework) -> Any:
    app = f.FastAPI()

    def add(number: int) -> None:
        @app.get(f"/r{number}/{{item_id}}")
        async def read(item_id: int) -> Any:
            return {"route": number, "id": item_id}

    for number in range(300):
        add(number)
    return app


def sync(f: Framework) -> Any:
    app = f.FastAPI()

    @app.get("/sync")
    def sync() -> Any:
        return {"message": "hello"}

    return app


class PassOn:
    """A pure ASGI middleware that does nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class TimingMiddleware(BaseHTTPMiddleware):
    """Tells in a header how long an answer took."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Add the header."""
        began = time.perf_counter()
        response = await call_next(request)
        response.headers["X-Process-Time"] = str(time.perf_counter() - began)
        return response


def pass_on(f: Framework) -> Any:
    app = hello(f)
    app.add_middleware(PassOn)
    return app


def handler(f: Framework) -> Any:
    app = hello(f)

    @app.exception_handler(LookupError)
    async def answer(request: Request, error: LookupError) -> Response:
        return Response(f"{request.url.path}: {error}", 404)

    return app


def override_other(f: Framework) -> Any:
    app = deps(f)

    async def unrelated() -> int:
        return 1

    @app.get("/other")
    async def other(value: Annotated[int, f.Depends(unrelated)]) -> Any:
        return value

    app.dependency_overrides[unrelated] = lambda: 2
    return app


def override_own(f: Framework) -> Any:
    app = f.FastAPI()
    first = add_deps(f, app)

    async def instead(y: int = 1) -> int:
        return y

    app.dependency_overrides[first] = instead
    return app


def timing(f: Framework) -> Any:
    app = hello(f)
    app.add_middleware(TimingMiddleware)
    return app


def timing3(f: Framework) -> Any:
    app = hello(f)
    for _ in range(3):
        app.add_middleware(TimingMiddleware)
    return app


def decorated(f: Framework) -> Any:
    app = hello(f)

    @app.middleware("http")
    async def add_time(request: Request, call_next: RequestResponseEndpoint) -> Response:
        began = time.perf_counter()
        response = await call_next(request)
        response.headers["X-Process-Time"] = str(time.perf_counter() - began)
        return response

    return app


def wire(f: Framework) -> Any:
    """The application that is served over the wire: several routes at once."""
    app = f.FastAPI()
    add_hello(f, app)
    add_params(f, app)
    add_body(f, app)
    add_deps(f, app)
    return app


APPLICATIONS: dict[str, Callable[[Framework], Any]] = {
    builder.__name__: builder
    for builder in (
        hello, typed, params, body, limited, list100, nested100, deps, auth, form, include3,
        route300, sync, pass_on, handler, override_other, override_own, timing, timing3,
        decorated, wire,
    )
}  # fmt: skip
