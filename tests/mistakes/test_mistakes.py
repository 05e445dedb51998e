"""Programs that are refused, and the exact message; programs that FastAPI accepts, and so do we.

`python tests/bless.py` writes the messages anew, to be read as a diff.
"""

import re
import warnings
from pathlib import Path as FilePath
from typing import Annotated

import pytest
from drivers.golden import MISTAKES, mistake_of, programs_in
from drivers.programs import read_program
from pydantic import BaseModel

import pronghorn
from pronghorn import APIRouter, Depends, FastAPI, Path, Query, Response, WebSocket
from pronghorn.exceptions import CODES, DeclarationError
from pronghorn.testclient import TestClient

PROGRAMS = programs_in(MISTAKES)
SOURCES = sorted(FilePath(pronghorn.__file__).parent.rglob("*.py"))
PAGE = FilePath(__file__).parents[2] / "docs" / "errors.md"


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
def test_a_mistake_is_refused_with_the_message_beside_it(file):
    expected = file.with_suffix(".txt")
    assert mistake_of(file) == expected.read_text(), "compare, then: python tests/bless.py"


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
def test_who_catches_what_fastapi_raises_catches_the_mistake(file):
    module, error = read_program(file)
    assert isinstance(error, module.FASTAPI_RAISES)
    assert isinstance(error, DeclarationError)


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
def test_a_message_has_four_parts(file):
    problem, place, remedy, code = file.with_suffix(".txt").read_text().splitlines()
    assert re.match(r"Declaration\w*Error: .+[.?]$", problem)
    assert re.fullmatch(rf"  (in \w+\(\) )?at {file.name}:\d+", place)
    assert re.match(r"  .+[.?]$", remedy)
    assert re.fullmatch(r"  \[[a-z0-9-]+\]", code)
    assert code.strip(" []") in CODES


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
def test_a_message_names_the_line_of_the_mistake(file):
    place = file.with_suffix(".txt").read_text().splitlines()[1]
    name, line = re.fullmatch(r"  (?:in (\w+)\(\) )?at \S+:(\d+)", place).groups()
    lines = file.read_text().splitlines()
    # A function begins with its decorators; a statement may be the decorator.
    around = "\n".join(lines[int(line) - 1 : int(line) + 1])
    assert f"def {name}(" in around if name else "(" in lines[int(line) - 1]


def test_each_expected_message_has_a_program():
    assert {file.stem for file in MISTAKES.glob("*.txt")} == {file.stem for file in PROGRAMS}


# --- the codes -----------------------------------------------------------------------------------


def test_every_code_has_a_heading_in_the_docs_and_every_heading_a_code():
    headings = re.findall(r"^## (\S+)$", PAGE.read_text(), re.MULTILINE)
    assert set(headings) == set(CODES)
    assert len(headings) == len(set(headings))


def test_every_code_is_used_and_every_code_that_is_used_is_known():
    texts = {file: file.read_text() for file in SOURCES if file.name != "exceptions.py"}
    everything = "\n".join(texts.values())
    unused = {code for code in CODES if f'"{code}"' not in everything}
    unused = {code for code in unused if f"[{code}]" not in everything}
    assert unused == set()


# --- what FastAPI accepts ------------------------------------------------------------------------


def answer_to(app, target="/7", method="GET", **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        response = TestClient(app).request(method, target, **options)
    return response.status_code, response.json()


def test_a_plain_default_of_a_path_parameter_is_accepted():
    app = FastAPI()

    @app.get("/{user_id}")
    @app.get("/")
    def read(user_id: int = 5):
        return user_id

    assert answer_to(app) == (200, 7)
    assert answer_to(app, "/") == (200, 5)
    assert answer_to(app, "/?user_id=3") == (200, 3)


def test_of_two_marks_within_annotated_the_last_counts():
    app = FastAPI()

    @app.get("/")
    def read(q: Annotated[str, Query(alias="a"), Query(alias="b")]):
        return q

    assert answer_to(app, "/?a=1&b=2") == (200, "2")


def test_an_ellipsis_as_default_means_required():
    app = FastAPI()

    @app.get("/{item_id}")
    def read(item_id: int = Path(...), q: str = ..., r: str = Query(...)):
        return [item_id, q, r]

    assert answer_to(app, "/7?q=x&r=y") == (200, [7, "x", "y"])
    assert answer_to(app, "/7?q=x")[0] == 422


def test_a_path_mark_on_a_name_that_is_not_in_the_path_is_accepted():
    app = FastAPI()

    @app.get("/{id}")
    def read(item_id: Annotated[int, Path(alias="id")]):
        return item_id

    assert answer_to(app) == (200, 7)


def test_an_optional_model_on_a_web_socket_is_accepted():
    class Item(BaseModel):
        name: str

    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket, item: Item | None = None):
        await websocket.accept()
        await websocket.send_json(item)
        await websocket.close()

    with TestClient(app).websocket_connect("/") as session:
        assert session.receive_json() is None


def test_a_path_without_a_slash_is_accepted_and_never_found():
    app = FastAPI()

    @app.get("items")
    def read():
        return 1

    assert answer_to(app, "/items") == (404, {"detail": "Not Found"})


def test_an_empty_path_in_a_router_with_a_prefix_is_accepted():
    app = FastAPI()
    router = APIRouter(prefix="/items")
    router.add_api_route("", lambda: 1)
    app.include_router(router)
    other = APIRouter()
    other.add_api_route("", lambda: 2)
    app.include_router(other, prefix="/others")
    assert answer_to(app, "/items") == (200, 1)
    assert answer_to(app, "/others") == (200, 2)


def test_an_empty_path_of_the_application_itself_is_accepted():
    app = FastAPI()
    app.add_api_route("", lambda: 1)
    assert answer_to(app, "/") == (404, {"detail": "Not Found"})


def test_a_function_scope_dependency_on_a_request_scope_one_is_accepted():
    app = FastAPI()

    def outer():
        yield 1

    def inner(outer=Depends(outer, scope="request")):
        yield outer

    @app.get("/")
    def read(inner=Depends(inner, scope="function")):
        return inner

    assert answer_to(app, "/") == (200, 1)


def test_a_plain_function_may_have_either_scope():
    app = FastAPI()

    def generator():
        yield 1

    def plain(value=Depends(generator, scope="function")):
        return value

    @app.get("/")
    def read(value=Depends(plain, scope="request")):
        return value

    assert answer_to(app, "/") == (200, 1)


def test_a_default_that_does_not_fit_is_accepted_and_not_checked():
    app = FastAPI()

    @app.get("/")
    def read(limit: Annotated[int, Query(le=10)] = 100):
        return limit

    assert answer_to(app, "/") == (200, 100)


def test_a_response_annotation_without_a_model_is_accepted():
    app = FastAPI()

    @app.get("/", response_model=None)
    def read() -> Response | dict:
        return {"a": 1}

    assert answer_to(app, "/") == (200, {"a": 1})


def test_the_same_path_and_method_twice_is_accepted_and_the_first_answers():
    app = FastAPI()
    app.add_api_route("/", lambda: 1, operation_id="one")
    app.add_api_route("/", lambda: 2, operation_id="two")
    assert answer_to(app, "/") == (200, 1)


def test_a_status_may_be_a_number_of_any_type():
    app = FastAPI()
    app.add_api_route("/", lambda: 1, status_code=201.0)
    assert answer_to(app, "/") == (201, 1)


def test_a_scope_that_is_unknown_is_that_of_the_request():
    app = FastAPI()
    ended = []

    def generator():
        yield 1
        ended.append("request")

    @app.get("/")
    def read(value=Depends(generator, scope="requst")):
        return value

    assert answer_to(app, "/") == (200, 1)
    assert ended == ["request"]


def test_a_function_among_the_dependencies_of_an_application_without_routes_is_accepted():
    assert FastAPI(dependencies=[print], openapi_url=None).routes == []


def test_a_router_may_have_none_for_a_prefix():
    assert APIRouter(prefix=None).routes == []


def test_a_body_of_a_get_request_is_accepted():
    app = FastAPI()

    @app.get("/")
    def read(item: dict):
        return item

    assert answer_to(app, "/", json={"a": 1}) == (200, {"a": 1})


@pytest.mark.parametrize("option", ["alias", "validation_alias"])
def test_an_alias_that_is_no_name_is_refused_where_the_route_is_added(option):
    mark = Query(**{option: 3})

    def read(q: int = mark): ...

    with pytest.raises(TypeError, match="alias"):
        FastAPI().get("/")(read)
