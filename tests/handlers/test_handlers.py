# ruff: noqa: PLC2401  Names in other scripts are names, too.
"""The handlers that the programs beside this file compile to, and what holds for any handler.

A change of the writer shows as a diff of the expected texts: `python tests/bless.py` writes them.
"""

import ast
import gc
import keyword
import linecache
import re
import threading
import traceback
import weakref
from typing import Annotated

import pytest
from drivers.asgi import exchange
from drivers.golden import HANDLERS, handler_text, handlers_of, programs_in, targets_of
from drivers.programs import load_program
from pydantic import BaseModel

from pronghorn import APIRouter, Body, Cookie, Depends, FastAPI, Form, Header, Path, Query
from pronghorn._pipeline import handler, source
from pronghorn._pipeline.declaration import declare
from pronghorn._pipeline.handler import build
from pronghorn._pipeline.plan import arrange
from pronghorn._pipeline.source import WORDS
from pronghorn._pipeline.steps import Entry
from pronghorn.doctor.explain import explain
from pronghorn.telemetry.observation import WORDS as TOLD

PROGRAMS = programs_in(HANDLERS)


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
def test_a_program_compiles_to_the_handlers_beside_it(file):
    expected = file.with_suffix(".handler.txt")
    assert handlers_of(file) == expected.read_text(), "compare, then: python tests/bless.py"


def test_each_expected_text_has_a_program():
    texts = {file.name.removesuffix(".handler.txt") for file in HANDLERS.glob("*.txt")}
    assert texts == {file.stem for file in PROGRAMS}


# --- what holds for any handler -----------------------------------------------------------------

# Text that would show if any of it got into a handler: as a whole, or by what it would do.
EVIL = "evil"
BREAKOUT = 'evil"\'\n    raise SystemExit("evil")\n#{evil}\\'


class EvilModel(BaseModel):
    evil_field: str = BREAKOUT


def evil_app():
    app = FastAPI(title=BREAKOUT, description=BREAKOUT)
    router = APIRouter(prefix="/evil{evil_path}", tags=[BREAKOUT])

    def evil_dependency(évil_cookie: Annotated[str, Cookie(alias=BREAKOUT)] = BREAKOUT):
        return évil_cookie

    async def evil_generator(*, evil_keyword: Annotated[list[str], Header()] = [BREAKOUT]):  # noqa: B006
        yield evil_keyword

    @router.post("/evil", summary=BREAKOUT, response_description=BREAKOUT, operation_id="evil")
    async def evil_endpoint(
        evil_path: str,
        évil_query: str | None = BREAKOUT,
        evil_query: Annotated[str, Query(alias=BREAKOUT, title=BREAKOUT)] = BREAKOUT,
        evil_default: str = Query(default_factory=lambda: BREAKOUT),
        evil_body: Annotated[EvilModel | None, Body(alias=BREAKOUT, embed=True)] = None,
        evil_value=Depends(evil_dependency),
        *,
        evil_yielded=Depends(evil_generator),
    ) -> EvilModel:
        return EvilModel()

    @router.post("/evil-form", response_model_exclude={"evil_field"})
    def evil_form(evil_part: Annotated[str, Form(alias=BREAKOUT)], évil_part: str = BREAKOUT):
        return BREAKOUT

    @router.websocket("/evil")
    async def evil_socket(evil_path: str, evil_query: str = BREAKOUT):
        pass

    app.include_router(router)
    return app


def names_and_texts(text):
    """All that a reader of the handler sees: its names, and the texts in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("entry", [None, "observed", Entry.REQUEST, Entry.VALUES])
def test_no_text_of_the_user_is_in_a_handler(entry):
    targets = targets_of(evil_app())
    assert len(targets) == 3
    for target in targets:
        if entry in (None, "observed"):
            text = handler_text(target, is_observed=entry == "observed")
        elif target.entry is Entry.WEBSOCKET:
            continue
        else:
            described = target.described
            plan = arrange(
                described.declaration,
                entry=entry,
                reply=described._reply,
                body=described._body_reading,
            )
            text = build(plan).source.text
        assert text.isascii()
        for forbidden in (EVIL, "vil", "SystemExit", "{e", "#", "\\"):
            assert forbidden not in text
        assert not [word for word in names_and_texts(text) if EVIL in word]


@pytest.mark.anyio
async def test_names_that_could_break_out_do_not_harm_the_request():
    app = evil_app()
    answer = await exchange(app, "POST", "/evilx/evil")
    assert (answer.status, answer.json) == (200, {"evil_field": BREAKOUT})


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
def test_a_handler_says_only_words_and_bound_names(file):
    text = file.with_suffix(".handler.txt").read_text()
    bound = re.compile(r"[a-z_]+_\d+|context")
    for part in text.split("# ")[1:]:
        tree = ast.parse(part.partition("\n")[2])
        (function,) = tree.body
        assigned = {argument.arg for argument in function.args.args}
        read = set()
        for node in ast.walk(function):
            if isinstance(node, ast.Name):
                (read if isinstance(node.ctx, ast.Load) else assigned).add(node.id)
            elif isinstance(node, ast.ExceptHandler):
                assigned.add(node.name)
        words = {*WORDS, *(TOLD if file.stem == "observed" else ())}
        unknown = {name for name in read - assigned - words if not bound.fullmatch(name)}
        assert unknown == set()
        assert not any(isinstance(node, (ast.Import, ast.Lambda)) for node in ast.walk(tree))


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
def test_a_handler_can_be_explained(file):
    app = load_program(file).app
    for target in targets_of(app):
        path = re.sub(r"{\w+}", "1", target.described.declaration.path)
        method = min(target.described.methods or {"WEBSOCKET"})
        text = explain(app, method, path)
        assert target.described.endpoint.__name__ in text
        # The handler of a route class of its own is around the one that is explained.
        if target.own_handler is None or target.own_handler() is None:
            assert handler_text(target).rstrip() in text


def test_no_word_is_a_keyword_or_looks_like_a_bound_name():
    for word in WORDS:
        assert not keyword.iskeyword(word)
        assert not re.search(r"_\d+$", word)


def test_a_handler_runs_without_built_ins():
    app = FastAPI()
    app.add_api_route("/", lambda: None)
    (target,) = targets_of(app)
    target.compile()
    names = target.compiled.run.__globals__
    assert set(names["__builtins__"]) == {"__import__"}
    assert names["__name__"] == "pronghorn.handler"


def test_handlers_are_made_when_they_are_first_asked_for():
    app = FastAPI()
    app.add_api_route("/", lambda: None)
    (target,) = targets_of(app)
    assert target.compiled is None
    target.compile()
    assert target.compiled is not None


# --- where tracebacks and debuggers look ---------------------------------------------------------


@pytest.mark.anyio
async def test_a_traceback_shows_the_line_of_the_handler():
    app = FastAPI()

    @app.get("/")
    async def fail():
        raise LookupError("gone")

    with pytest.raises(LookupError) as caught:
        await exchange(app, "GET", "/")
    text = "".join(traceback.format_exception(caught.value))
    assert re.search(
        r'File "<pronghorn handler \d+>", line 2, in handle\n    result = await endpoint_1\(\)',
        text,
    )


def test_the_source_of_a_handler_survives_a_check_of_the_cache():
    app = FastAPI()
    app.add_api_route("/", lambda: None)
    (target,) = targets_of(app)
    text = handler_text(target)
    linecache.checkcache()
    assert "".join(linecache.getlines(target.compiled.filename)) == text


def test_a_dropped_handler_is_freed_with_its_source():
    def settings():
        return 1

    app = FastAPI()
    app.add_api_route("/", lambda: None, dependencies=[Depends(settings)])
    (target,) = targets_of(app)
    app.dependency_overrides[settings] = lambda: 2
    target.compile()
    filename = target.compiled.filename
    run = weakref.ref(target.compiled.run)
    assert filename in linecache.cache
    app.dependency_overrides.clear()
    gc.collect()
    assert run() is None
    assert filename not in linecache.cache


@pytest.mark.anyio
async def test_an_application_is_freed_with_its_handlers():
    app = FastAPI()

    def settings():
        return 1

    @app.get("/{item_id}")
    async def read(item_id: int, settings=Depends(settings)):
        return item_id

    await exchange(app, "GET", "/7")
    files = {entry for entry in linecache.cache if entry.startswith("<pronghorn")}
    (target,) = targets_of(app)
    filename = target.compiled.filename
    assert filename in files
    gone = weakref.ref(app)
    del app, target, read
    gc.collect()
    assert gone() is None
    assert filename not in linecache.cache


def test_a_handler_is_compiled_once_under_many_threads(monkeypatch):
    built = []
    slow_write = source.write

    def write(plan):
        built.append(plan)
        threading.Event().wait(0.01)
        return slow_write(plan)

    monkeypatch.setattr(handler, "write", write)
    app = FastAPI()
    app.add_api_route("/", lambda: None)
    (target,) = targets_of(app)
    barrier = threading.Barrier(32)
    handles = []

    def compile_at_once():
        barrier.wait()
        handles.append(target.compile())

    threads = [threading.Thread(target=compile_at_once) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert len(handles) == 32
    assert len(set(map(id, handles))) == 1


def test_what_cannot_be_declared_is_not_compiled_but_refused():
    def both(item_id: Annotated[int, Path()] = 1):
        return item_id

    with pytest.raises(AssertionError, match="Path parameters cannot have default values"):
        declare(both, path="/{item_id}")
