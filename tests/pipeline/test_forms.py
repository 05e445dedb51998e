"""Forms and files: read once, validated like anything else, and closed at the end."""

import gc
import inspect
import io
import threading
from typing import Annotated

import pytest
from drivers.asgi import exchange, exchange_failing
from drivers.own_routes import OwnHandle, OwnHandler, OwnMatches
from pydantic import AliasChoices, BaseModel
from starlette.applications import Starlette

from pronghorn import APIRouter, Depends, FastAPI, File, Form, HTTPException, UploadFile
from pronghorn._pipeline.source import WORDS
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse, StreamingResponse
from pronghorn.routing import APIRoute, Mount
from pronghorn.security import OAuth2PasswordRequestForm, OAuth2PasswordRequestFormStrict

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


FORM = (b"content-type", b"application/x-www-form-urlencoded")
MULTIPART = (b"content-type", b"multipart/form-data; boundary=B")


def multipart(*parts):
    """A body of parts: name and value, or name, file name and content."""
    body = io.BytesIO()
    for name, *rest in parts:
        filename = f'; filename="{rest[0]}"' if len(rest) == 2 else ""
        body.write(f'--B\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n'.encode())
        body.write(b"Content-Type: text/plain\r\n\r\n" if filename else b"\r\n")
        body.write(rest[-1] + b"\r\n")
    body.write(b"--B--\r\n")
    return body.getvalue()


async def send_form(app, body, target="/"):
    return await exchange(app, "POST", target, body=body, headers=[FORM])


async def send_parts(app, *parts, target="/"):
    return await exchange(app, "POST", target, body=multipart(*parts), headers=[MULTIPART])


class Login(BaseModel):
    username: str
    password: str
    scopes: list[str] = []


async def test_fields_are_read_from_either_kind_of_form():
    app = FastAPI()

    @app.post("/")
    async def endpoint(a: Annotated[int, Form()], b: Annotated[list[str], Form()] = ()):
        return [a, b]

    assert (await send_form(app, b"a=1&b=x&b=%C3%A9+y")).json == [1, ["x", "é y"]]
    assert (await send_parts(app, ("a", b"1"), ("b", b"x"))).json == [1, ["x"]]
    answer = await send_form(app, b"a=x")
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["body", "a"]


async def test_an_empty_field_is_an_absent_one():
    app = FastAPI()

    @app.post("/")
    async def endpoint(a: Annotated[str, Form()] = "default", b: Annotated[str, Form()] = "b"):
        return [a, b]

    assert (await send_form(app, b"a=&b=x")).json == ["default", "x"]


async def test_a_model_takes_its_fields_from_the_form():
    app = FastAPI()

    @app.post("/")
    async def endpoint(login: Annotated[Login, Form()]):
        return login

    answer = await send_form(app, b"username=a&password=b&scopes=x&scopes=y")
    assert answer.json == {"username": "a", "password": "b", "scopes": ["x", "y"]}
    answer = await send_form(app, b"username=a")
    assert answer.json["detail"][0]["loc"] == ["body", "password"]


async def test_fields_of_a_dependency_come_from_the_same_form():
    app = FastAPI()

    def token(token: Annotated[str, Form()]):
        return token

    @app.post("/")
    async def endpoint(file: UploadFile, token=Depends(token)):
        return [token, (await file.read()).decode()]

    assert (await send_parts(app, ("token", b"t"), ("file", "f", b"text"))).json == ["t", "text"]


async def test_an_upload_tells_its_name_its_size_and_its_type():
    app = FastAPI()

    @app.post("/")
    async def endpoint(file: UploadFile):
        return [file.filename, file.size, file.content_type, (await file.read(2)).decode()]

    answer = await send_parts(app, ("file", "name.txt", b"content"))
    assert answer.json == ["name.txt", 7, "text/plain", "co"]


async def test_bytes_and_upload_of_the_same_part_are_both_whole():
    app = FastAPI()

    @app.post("/")
    async def endpoint(
        upload: Annotated[UploadFile, File(alias="file")],
        raw: Annotated[bytes, File(alias="file")],
        again: Annotated[UploadFile, File(alias="file")],
    ):
        return [(await upload.read()).decode(), raw.decode(), upload.file is again.file]

    answer = await send_parts(app, ("file", "f", b"content"))
    assert answer.json == ["content", "content", True]


async def test_several_files_stay_in_order():
    app = FastAPI()

    @app.post("/")
    async def endpoint(files: list[UploadFile], raws: Annotated[list[bytes] | None, File()] = None):
        return [[file.filename for file in files], raws and [raw.decode() for raw in raws]]

    parts = [("files", f"f{n}", b"x") for n in range(5)]
    parts += [("raws", "r", b"%d" % n) for n in range(5)]
    assert (await send_parts(app, *parts)).json == [
        [f"f{n}" for n in range(5)],
        [str(n) for n in range(5)],
    ]


async def test_a_file_input_in_which_nothing_was_chosen_is_absent():
    app = FastAPI()

    @app.post("/")
    async def endpoint(file: UploadFile | None = None):
        return file is None

    assert (await send_parts(app, ("file", "", b""))).json is True


def keeping_app(kept, **options):
    app = FastAPI(**options)

    @app.post("/")
    async def endpoint(file: UploadFile, number: Annotated[int, Form()] = 0):
        kept.append(file)
        if number == 1:
            raise HTTPException(400)
        if number == 2:
            raise LookupError
        return (await file.read()).decode()

    return app


@pytest.mark.parametrize(("number", "status"), [(b"0", 200), (b"1", 400), (b"2", 500)])
@pytest.mark.parametrize("route_class", [APIRoute, OwnHandler, OwnHandle, OwnMatches])
@pytest.mark.parametrize("limit", [None, 10_000])
async def test_files_are_closed_when_the_request_ends(number, status, route_class, limit):
    kept = []
    app = FastAPI()
    app.router.route_class = route_class
    for route in keeping_app(kept).routes:
        if isinstance(route, APIRoute):
            app.add_api_route("/", route.endpoint, methods=["POST"], max_body_size=limit)
    body = multipart(("file", "f", b"content"), ("number", number))
    answer, _ = await exchange_failing(app, "POST", "/", body=body, headers=[MULTIPART])
    assert answer.status == status
    (file,) = kept
    assert file.file.closed


async def test_files_are_closed_where_a_router_serves_within_starlette():
    kept = []
    router = APIRouter()
    for route in keeping_app(kept).routes:
        if isinstance(route, APIRoute):
            router.add_api_route("/", route.endpoint, methods=["POST"])
    app = Starlette(routes=[Mount("/x", app=router)])
    body = multipart(("file", "f", b"content"), ("number", b"1"))
    answer, _ = await exchange_failing(app, "POST", "/x/", body=body, headers=[MULTIPART])
    assert answer.status == 400
    assert kept[0].file.closed


async def test_files_are_closed_when_a_form_does_not_fit(recwarn):
    kept = []
    app = keeping_app([])
    files = []

    @app.exception_handler(RequestValidationError)
    async def handler(request, error):
        files.append(error.body["file"])
        kept.append((await error.body["file"].read()).decode())
        return JSONResponse("no", 422)

    answer = await send_parts(app, ("file", "f", b"content"), ("number", b"x"))
    assert answer.status == 422
    # The handler of the errors still can read the file.
    assert kept == ["content"]
    assert files[0].file.closed
    gc.collect()
    assert [warning for warning in recwarn if warning.category is ResourceWarning] == []


async def test_a_file_is_open_while_it_is_sent_back():
    app = FastAPI()
    kept = []

    @app.post("/")
    async def endpoint(file: UploadFile):
        kept.append(file)
        return StreamingResponse(file.file)

    assert (await send_parts(app, ("file", "f", b"content"))).body == b"content"
    assert kept[0].file.closed


async def test_a_dependency_can_use_a_file_until_its_exit():
    app = FastAPI()
    read = []

    async def hold(file: UploadFile):
        yield file
        read.append((await file.read()).decode())

    @app.post("/")
    async def endpoint(file=Depends(hold)):
        return file.filename

    assert (await send_parts(app, ("file", "f", b"content"))).json == "f"
    assert read == ["content"]


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (b"no multipart at all", MULTIPART),
        (b'--B\r\nContent-Disposition: form-data; name="file"\r\n', MULTIPART),
        (b"--B\r\n\r\n--B--", (b"content-type", b"multipart/form-data")),
        (b"", MULTIPART),
        (b"{}", (b"content-type", b"application/json")),
        (b"", (b"content-type", b"application/x-www-form-urlencoded")),
        (b"a=%ff%fe&file=x", (b"content-type", b"application/x-www-form-urlencoded")),
    ],
)
async def test_a_form_that_is_missing_or_cannot_be_read_is_the_clients_fault(body, header):
    answer = await exchange(keeping_app([]), "POST", "/", body=body, headers=[header])
    assert answer.status in (400, 422)


async def test_limits_of_forms_are_kept_and_inherited():
    app = FastAPI(form_limits={"max_fields": 2})

    @app.post("/", form_limits={"max_files": 0})
    async def endpoint(a: Annotated[str, Form()]):
        return a

    @app.post("/more", form_limits={"max_fields": 3})
    async def more(a: Annotated[str, Form()]):
        return a

    fields = [("a", b"1"), ("b", b"2"), ("c", b"3")]
    assert (await send_parts(app, *fields[:2])).json == "1"
    assert (await send_parts(app, *fields)).status == 400
    assert (await send_parts(app, *fields, target="/more")).json == "1"
    assert (await send_parts(app, fields[0], ("f", "f", b"x"))).status == 400


# --- forms of ours, which need no thread ------------------------------------------------------------


class OwnInit(OAuth2PasswordRequestForm):
    def __init__(self, *, username: Annotated[str, Form()], password: Annotated[str, Form()]):
        super().__init__(username=username, password=password)
        self.thread = threading.get_ident()


class OwnSetter(OAuth2PasswordRequestForm):
    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        super().__setattr__("thread", threading.get_ident())


@pytest.mark.parametrize("form_class", [OwnInit, OwnSetter])
async def test_a_subclass_of_our_form_is_made_in_a_thread_since_it_may_wait(form_class):
    app = FastAPI()

    @app.post("/")
    async def endpoint(form: Annotated[form_class, Depends()]):
        return [form.username, form.thread == threading.get_ident()]

    assert (await send_form(app, b"username=a&password=b")).json == ["a", False]


async def test_our_form_is_made_in_a_thread_if_somebody_gave_it_another_method(monkeypatch):
    original = OAuth2PasswordRequestForm.__init__

    def make(self, **values):
        original(self, **values)
        self.thread = threading.get_ident()

    make.__signature__ = inspect.signature(original)
    monkeypatch.setattr(OAuth2PasswordRequestForm, "__init__", make)
    app = FastAPI()

    @app.post("/")
    async def endpoint(form: OAuth2PasswordRequestForm = Depends()):
        return [form.username, form.thread == threading.get_ident()]

    assert (await send_form(app, b"username=a&password=b")).json == ["a", False]


@pytest.mark.parametrize("form_class", [OAuth2PasswordRequestForm, OAuth2PasswordRequestFormStrict])
async def test_our_form_needs_no_thread(form_class, monkeypatch):
    async def refuse(*_, **__):
        raise AssertionError("a thread was asked for")

    monkeypatch.setitem(WORDS, "call_in_thread", refuse)
    app = FastAPI()

    @app.post("/")
    async def endpoint(form: Annotated[form_class, Depends()]):
        return [form.grant_type, form.username, form.password, form.scopes, form.client_id]

    body = b"grant_type=password&username=a&password=b+%26&scope=x+y&client_id="
    assert (await send_form(app, body)).json == ["password", "a", "b &", ["x", "y"], None]
    assert (await send_form(app, b"grant_type=x&username=a&password=")).status == 422


async def test_texts_of_one_name_are_read_as_other_fields_are():
    """The quick way for them, and the one for all fields, give the same values and errors."""
    app = FastAPI()

    @app.post("/quick")
    async def quick(
        a: Annotated[int, Form()],
        b: Annotated[str | None, Form(min_length=2)] = None,
        c: Annotated[str, Form(validate_default=True)] = 1,
        d: Annotated[list[int], Form(default_factory=list)] = ...,
        e: Annotated[str, File()] = "e",
    ):
        return [a, b, c, d, e]

    @app.post("/any")
    async def any_names(
        a: Annotated[int, Form(validation_alias=AliasChoices("a", "z"))],
        b: Annotated[
            str | None, Form(min_length=2, validation_alias=AliasChoices("b", "z"))
        ] = None,
        c: Annotated[str, Form(validate_default=True, validation_alias=AliasChoices("c", "y"))] = 1,
        d: Annotated[list[int], Form(default_factory=list)] = ...,
        e: Annotated[str, File(validation_alias=AliasChoices("e", "y"))] = "e",
    ):
        return [a, b, c, d, e]

    seen = set()
    for body in (
        b"",
        b"a=1",
        b"a=1&a=2&b=xx&c=c&d=1",
        b"a=&b=x",
        b"a=x&c=&d=",
        b"e=&a=1&c=c",
        b"a",
    ):
        quickly, anyhow = [await send_form(app, body, path) for path in ("/quick", "/any")]
        assert (quickly.status, quickly.json) == (anyhow.status, anyhow.json)
        seen.add(quickly.status)
    parts = [("a", b"1"), ("b", "f", b"x"), ("c", b"c"), ("e", "", b"")]
    quickly, anyhow = [await send_parts(app, *parts, target=path) for path in ("/quick", "/any")]
    assert (quickly.status, quickly.json) == (anyhow.status, anyhow.json)
    assert quickly.json["detail"][0]["loc"] == ["body", "b"]
    assert seen == {200, 422}
