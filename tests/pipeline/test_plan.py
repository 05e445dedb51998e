"""A plan is data: it can be compared, it is in FastAPI's order, and it holds nothing idle."""

from typing import Annotated

from pydantic import BaseModel

from pronghorn import BackgroundTasks, Depends, FastAPI, Header, UploadFile
from pronghorn._pipeline.declaration import declare
from pronghorn._pipeline.plan import arrange
from pronghorn._pipeline.steps import BodyReading, Entry


def plan(call, **options):
    entry = options.pop("entry", Entry.VALUES)
    return arrange(declare(call, path="/{item_id}"), entry=entry, **options)


def names(call, **options):
    return [type(step).__name__ for step in plan(call, **options).steps]


def plan_of_route(app, entry=Entry.ASGI):
    route = app.routes[-1]
    return arrange(route.declaration, entry=entry, reply=route._reply, body=route._body_reading)


def route_names(app):
    return [type(step).__name__ for step in plan_of_route(app).steps]


def current_user(x_token: Annotated[str, Header()]):
    return x_token


def test_two_plans_of_the_same_declaration_are_equal():
    def call(user=Depends(current_user), q: int = 1):
        pass

    declaration = declare(call, path="/")
    one = arrange(declaration, entry=Entry.VALUES)
    assert one == arrange(declaration, entry=Entry.VALUES)
    overrides = {current_user: lambda: "fake"}
    assert one != arrange(declaration, entry=Entry.VALUES, overrides=overrides)


def test_a_route_that_reads_nothing_has_no_step_but_its_answer():
    app = FastAPI()
    app.add_api_route("/", lambda: 1)
    assert route_names(app) == ["Answer", "Send"]


def test_errors_are_checked_only_where_there_can_be_some():
    app = FastAPI()

    def harmless():
        return 1

    app.add_api_route("/", lambda tasks: 1, dependencies=[Depends(harmless)])
    assert route_names(app) == ["Call", "Read", "Check", "Answer", "Send"]


def test_nothing_is_remembered_that_nobody_asks_for():
    def harmless():
        return 1

    def call(a=Depends(harmless), b=Depends(current_user), c: int = 1):
        pass

    kept = names(call)
    assert kept.count("Begin") == 1  # For the guard of `current_user`.
    assert "Keep" not in kept
    assert "Repeat" not in kept


def test_a_shared_dependency_that_may_fail_repeats_its_errors_and_is_called_once():
    def again(user=Depends(current_user)):
        pass

    def call(user=Depends(current_user), again=Depends(again)):
        pass

    steps = names(call)
    assert steps.count("Read") == 1
    assert steps.count("Keep") == steps.count("Repeat") == 1
    assert steps.count("Call") == 2


def test_the_body_is_read_first_and_validated_last():
    app = FastAPI()

    class Item(BaseModel):
        name: str

    @app.post("/{item_id}", dependencies=[Depends(current_user)])
    async def endpoint(item: Item, item_id: int):
        pass

    assert route_names(app) == [
        "ReadJSON",
        "Begin",
        "Read",
        "Call",
        "Read",
        "ReadWhole",
        "Check",
        "Answer",
        "Send",
    ]


def test_a_form_is_held_until_the_end_and_only_then_closed():
    app = FastAPI()

    @app.post("/")
    async def endpoint(file: UploadFile):
        pass

    steps = route_names(app)
    assert steps.index("ReadForm") < steps.index("ReadParts") < steps.index("Answer")
    assert steps.index("Hold") < steps.index("ReadForm")
    assert steps.index("Send") < steps.index("Release")


def test_scopes_are_held_only_where_something_is_entered():
    def generator():
        yield

    for scope, expected in (
        ("function", ["Hold", "Enter", "Answer", "Release", "Send"]),
        ("request", ["Hold", "Enter", "Answer", "Send", "Release"]),
    ):
        app = FastAPI()
        app.add_api_route("/", lambda: 1, dependencies=[Depends(generator, scope=scope)])
        assert route_names(app) == expected


def test_the_function_scope_lies_within_the_request_scope():
    def generator():
        yield

    app = FastAPI()
    dependencies = [Depends(generator, scope="function"), Depends(generator)]
    app.add_api_route("/", lambda: 1, dependencies=dependencies)
    held = [
        (type(step).__name__, step.scope)
        for step in plan_of_route(app).steps
        if type(step).__name__ in ("Hold", "Release")
    ]
    assert held == [
        ("Hold", "request"),
        ("Hold", "function"),
        ("Release", "function"),
        ("Release", "request"),
    ]


def test_each_slot_is_filled_once():
    def again(user=Depends(current_user), tasks: BackgroundTasks = None):
        pass

    def call(
        item_id: int,
        q: list[str],
        user=Depends(current_user),
        one=Depends(again),
        two=Depends(again, use_cache=False),
    ):
        pass

    steps = plan(call, body=BodyReading()).steps
    slots = [step.slot for step in steps if hasattr(step, "slot")]
    assert len(slots) == len(set(slots))


def test_ten_levels_of_shared_dependencies_are_a_short_plan():
    def bottom():
        return 1

    call = bottom
    for _ in range(10):

        def above(left=Depends(call), right=Depends(call)):
            return left + right

        call = above
    app = FastAPI()
    app.add_api_route("/", lambda: 1, dependencies=[Depends(call)])
    assert len(plan_of_route(app).steps) < 50
