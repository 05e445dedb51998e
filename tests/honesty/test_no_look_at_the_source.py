"""Nothing looks at what a function of the user's says: it is called, and that is all.

A framework that reads the source of an endpoint, or its constants, can answer without calling
it.  Here the signature alone says what the handler has to do.
"""

import ast
import dis
import inspect
import linecache
import tokenize
from pathlib import Path
from typing import Annotated

import pytest
from drivers.asgi import exchange
from drivers.golden import targets_of

import pronghorn
from pronghorn import Cookie, Depends, FastAPI, Form, Header, Query

pytestmark = pytest.mark.anyio

SOURCE = Path(pronghorn.__file__).parent
MODULES = {"ast", "dis", "linecache", "marshal", "opcode", "symtable", "tokenize"}
FUNCTIONS = {"findsource", "getblock", "getclosurevars", "getcomments", "getsource"}
FUNCTIONS |= {"getsourcefile", "getsourcelines", "get_instructions", "getmodule"}

# Who may look, and at what.
MAY_LOOK = {
    # File and line of an endpoint, told with a request that was refused.
    "_pipeline/context.py": {"getsourcefile", "getsourcelines"},
    # The same, for the message of a mistake.
    "exceptions.py": {
        "__code__",
        "co_filename",
        "co_firstlineno",
        "co_name",
        "getsourcefile",
        "getsourcelines",
    },
    # The line that made a mistake, wanted a statement, or that an exception came through.
    "places.py": {"co_filename", "co_name", "f_code"},
    # The names and kinds of parameters, which a signature is made of.
    "_pipeline/callables.py": {
        "__code__",
        "co_argcount",
        "co_flags",
        "co_kwonlyargcount",
        "co_posonlyargcount",
        "co_varnames",
    },
    # The text of a handler is put where tracebacks look for it.
    "_pipeline/handler.py": {"linecache"},
}


def looks_in(tree):
    """All that a module says by which a function's source or bytecode can be had."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            words = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            words = {node.module, *(alias.name for alias in node.names)}
        elif isinstance(node, ast.Attribute):
            words = {node.attr}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = {node.value}
        else:
            continue
        for word in words:
            if word in MODULES or word in FUNCTIONS or is_of_code(str(word)):
                yield word


def is_of_code(word):
    return word in ("__code__", "f_code", "gi_code", "cr_code", "ag_code") or (
        word.startswith("co_") and word.isidentifier()
    )


@pytest.mark.parametrize(
    "file", sorted(SOURCE.rglob("*.py")), ids=lambda file: str(file.relative_to(SOURCE))
)
def test_no_file_looks_but_those_that_may(file):
    found = set(looks_in(ast.parse(file.read_text())))
    assert found <= MAY_LOOK.get(file.relative_to(SOURCE).as_posix(), set())


def test_all_that_may_look_are_there():
    assert all((SOURCE / name).is_file() for name in MAY_LOOK)


TEMPLATE = """
async def settings(x_token: Annotated[str, Header()] = {text!r}):
    return {text!r}

def blocking(session: Annotated[str, Cookie()] = {text!r}):
    yield {number}

async def endpoint(
    number: Annotated[int, Query(ge={number}, description={text!r})] = {number},
    q: Annotated[str, Query(pattern={text!r})] = {text!r},
    settings=Depends(settings),
    blocking=Depends(blocking),
):
    {text!r}
    if number == {number}:
        return {{{text!r}: {number}}}
    return [{number}, {text!r}, q, settings, blocking]

def form(name: Annotated[str, Form(max_length={number})] = {text!r}):
    return {text!r}
"""


def functions_without_source(text, number):
    """Functions that no file holds, so that there is no source of them."""
    names = {"Annotated": Annotated, "Cookie": Cookie, "Depends": Depends, "Form": Form}
    names |= {"Header": Header, "Query": Query}
    exec(TEMPLATE.format(text=text, number=number), names)
    with pytest.raises(OSError, match=r"could not get source code|out of bounds"):
        inspect.getsource(names["endpoint"])
    return names


def handlers_of(endpoint, form):
    app = FastAPI()
    app.add_api_route("/endpoint", endpoint)
    app.add_api_route("/form", form, methods=["POST"])
    targets = targets_of(app)
    for target in targets:
        target.compile()
    return app, [target.compiled.source for target in targets]


async def test_what_a_function_says_makes_no_difference_to_its_handler():
    one, other = functions_without_source("eins", 93471), functions_without_source("zwei", 2)
    _, first = handlers_of(one["endpoint"], one["form"])
    _, second = handlers_of(other["endpoint"], other["form"])

    async def settings(x_token: Annotated[str, Header()] = "a"):
        raise LookupError

    def blocking(session: Annotated[str, Cookie()] = "b"):
        yield

    async def endpoint(
        number: Annotated[int, Query(ge=5, description="c")] = 1,
        q: Annotated[str, Query(pattern="d")] = "d",
        settings=Depends(settings),
        blocking=Depends(blocking),
    ):
        """A function that has a source."""

    def form(name: Annotated[str, Form(max_length=3)] = "e"):
        return None

    _, third = handlers_of(endpoint, form)
    for texts in zip(first, second, third, strict=True):
        assert len({source.text for source in texts}) == 1
        assert len({tuple(source.bindings) for source in texts}) == 1


async def test_no_literal_of_a_function_or_its_signature_is_in_a_handler():
    names = functions_without_source("unheard-of", 93471)
    app, sources = handlers_of(names["endpoint"], names["form"])
    for source in sources:
        literals = {
            node.value
            for node in ast.walk(ast.parse(source.text))
            if isinstance(node, ast.Constant)
        }
        assert not literals & {"unheard-of", 93471}
        assert "unheard" not in source.text
        assert "93471" not in source.text
    assert (await exchange(app, "GET", "/endpoint")).json == {"unheard-of": 93471}


async def test_nobody_asks_for_the_source_of_what_is_compiled_and_called(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("somebody looks at the source")

    for name in ("getsource", "getsourcelines", "getsourcefile", "findsource"):
        monkeypatch.setattr(inspect, name, refuse)
    monkeypatch.setattr(linecache, "getlines", refuse)
    monkeypatch.setattr(ast, "parse", refuse)
    monkeypatch.setattr(tokenize, "generate_tokens", refuse)
    monkeypatch.setattr(dis, "get_instructions", refuse)
    app = FastAPI()

    def settings():
        return 1

    @app.get("/{number}")
    async def endpoint(number: int, settings=Depends(settings)) -> list[int]:
        return [number, settings]

    @app.get("/sync/{number}")
    def blocking(number: int):
        return number

    assert (await exchange(app, "GET", "/7")).json == [7, 1]
    assert (await exchange(app, "GET", "/sync/7")).json == 7
    assert app.openapi()["paths"]


async def test_a_function_that_is_given_other_code_answers_by_that():
    app = FastAPI()

    @app.get("/")
    async def endpoint():
        return "before"

    def after():
        async def endpoint():
            return "after"

        return endpoint

    assert (await exchange(app, "GET", "/")).json == "before"
    endpoint.__code__ = after().__code__
    assert (await exchange(app, "GET", "/")).json == "after"
