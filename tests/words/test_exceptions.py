"""The exceptions, their texts and their codes."""

import ast
import functools
import re
from pathlib import Path

import pytest

import pronghorn.exceptions
from pronghorn.exceptions import (
    CODES,
    DeclarationAttributeError,
    DeclarationError,
    DeclarationModelError,
    DeclarationScopeError,
    DeclarationTypeError,
    DeclarationValueError,
    DependencyScopeError,
    FastAPIError,
    HTTPException,
    PydanticV1NotSupportedError,
    RequestValidationError,
    ResponseValidationError,
    ValidationException,
    WebSocketException,
    WebSocketRequestValidationError,
)

MISSING = {"type": "missing", "loc": ("body", "name"), "msg": "Field required"}


def read_user(user_id):
    return user_id


class Callable:
    def __call__(self):
        return None


def make(where=None, cls=DeclarationError):
    return cls("path-default", problem="It is wrong.", where=where, remedy="Put it right.")


def line_of(function):
    return function.__code__.co_firstlineno


def test_a_declaration_error_has_four_parts_in_four_lines():
    problem, place, remedy, code = str(make(read_user)).split("\n")
    assert problem == "It is wrong."
    assert re.fullmatch(rf"  in read_user\(\) at .*test_exceptions\.py:{line_of(read_user)}", place)
    assert remedy == "  Put it right."
    assert code == "  [path-default]"


def test_its_parts_can_be_read_by_programs():
    error = make(read_user)
    assert (error.code, error.problem, error.remedy) == (
        "path-default",
        "It is wrong.",
        "Put it right.",
    )
    assert error.place.startswith("in read_user() at ")


def test_it_names_a_function_under_partials_and_decorators():
    @functools.wraps(read_user)
    def wrapper(*args):
        return read_user(*args)

    for call in (functools.partial(read_user, 1), wrapper, functools.partial(wrapper)):
        assert f":{line_of(read_user)}" in make(call).place


def test_it_names_a_class_and_an_instance_by_the_class():
    assert make(Callable).place == make(Callable()).place
    assert "in Callable() at" in make(Callable).place


def test_it_names_what_has_no_source():
    assert make(dict).place == "in dict"
    assert make(type("Made", (), {})).place == "in Made"


SHOP = """
from pronghorn.exceptions import DeclarationError

def build():
    return DeclarationError("path-default", problem="It is wrong.", remedy="Put it right.")

inside, outside = build(), DeclarationError("path-default", problem="", remedy="")
"""


def test_without_a_callable_it_names_the_line_of_the_user():
    shop = {"__name__": "shop"}
    exec(compile(SHOP, "/elsewhere/shop.py", "exec"), shop)
    assert shop["inside"].place == "in build() at /elsewhere/shop.py:5"
    assert shop["outside"].place == "at /elsewhere/shop.py:7"


def test_a_place_below_the_working_directory_is_shown_from_there(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    assert f"at test_exceptions.py:{line_of(read_user)}" in make(read_user).place


def test_a_place_can_be_named_when_the_working_directory_is_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert __file__ in make(read_user).place


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (DeclarationError, FastAPIError),
        (DeclarationError, AssertionError),
        (DeclarationError, RuntimeError),
        (DeclarationScopeError, DependencyScopeError),
        (DeclarationModelError, PydanticV1NotSupportedError),
        (DeclarationTypeError, TypeError),
        (DeclarationValueError, ValueError),
        (DeclarationAttributeError, AttributeError),
    ],
)
def test_who_catches_what_fastapi_raises_catches_ours(ours, theirs):
    with pytest.raises(theirs, match="It is wrong"):
        raise make(cls=ours)
    assert issubclass(ours, DeclarationError)


def test_every_code_has_a_heading_in_the_docs_and_every_heading_a_code():
    page = Path(__file__).parents[2] / "docs" / "errors.md"
    headings = re.findall(r"^## (\S+)$", page.read_text(), re.MULTILINE)
    assert headings == sorted(CODES)


def find_codes(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            # Most texts of exceptions and warnings end with it.
            yield from re.findall(r"\[([a-z]+(?:-[a-z]+)+)\]\s*\Z", node.value)
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if not re.fullmatch(r"Declaration\w*Error|refuse", name):
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant):
            yield first.value


def test_every_code_that_is_raised_is_in_the_table():
    raised = {
        code
        for file in Path(pronghorn.exceptions.__file__).parent.rglob("*.py")
        for code in find_codes(ast.parse(file.read_text()))
    }
    assert {"encode-class", "query-budget", "rows-select", "session-over"} <= raised
    assert raised - set(CODES) == set()


def test_a_validation_error_lists_its_errors():
    error = ValidationException([MISSING, MISSING])
    assert str(error) == f"2 validation errors:\n  {MISSING}\n  {MISSING}"
    assert error.errors() == [MISSING, MISSING]


def test_one_error_is_not_called_errors():
    assert str(ValidationException([MISSING])).startswith("1 validation error:\n")


def test_a_validation_error_names_the_endpoint():
    context = {"file": "/shop/users.py", "line": 3, "function": "read", "path": "GET /users"}
    assert str(RequestValidationError([], endpoint_ctx=context)) == (
        '0 validation errors:\n\n  File "/shop/users.py", line 3, in read\n    GET /users'
    )
    del context["path"]
    assert str(RequestValidationError([], endpoint_ctx=context)) == (
        '0 validation errors:\n\n  File "/shop/users.py", line 3, in read'
    )


def test_a_validation_error_that_knows_the_path_only_names_that():
    error = WebSocketRequestValidationError([], endpoint_ctx={"path": "/ws"})
    assert str(error) == "0 validation errors:\n\n  Endpoint: /ws"
    assert (error.endpoint_path, error.endpoint_file) == ("/ws", None)


def test_validation_errors_keep_what_was_validated():
    assert RequestValidationError([], body=b"x").body == b"x"
    assert ResponseValidationError([], body={"a": 1}).body == {"a": 1}


def test_http_and_websocket_exceptions_are_starlettes_with_any_detail():
    error = HTTPException(404, detail={"why": ["gone"]}, headers={"X-A": "b"})
    assert (error.status_code, error.detail) == (404, {"why": ["gone"]})
    assert error.headers == {"X-A": "b"}
    assert HTTPException(404).detail == "Not Found"
    assert (WebSocketException(1008).code, WebSocketException(1008).reason) == (1008, "")


def test_importing_all_of_it_hides_no_mark():
    # After `from fastapi import *`, say: `Path` has to stay the mark.
    names: dict[str, object] = {}
    exec("from pronghorn import *; from pronghorn.exceptions import *", names)
    assert names["Path"] is pronghorn.Path
    assert names["HTTPException"] is pronghorn.HTTPException
