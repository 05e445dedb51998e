"""FastAPI's private functions work when they are called."""

import dataclasses
import functools
import inspect
import types
from contextlib import AsyncExitStack
from typing import Annotated, Any

import anyio
import pytest
from pydantic import BaseModel

from pronghorn import (
    BackgroundTasks,
    Depends,
    FastAPI,
    Header,
    Request,
    WebSocket,
    routing,
)
from pronghorn.dependencies.models import Dependant
from pronghorn.dependencies.utils import (
    SolvedDependency,
    get_body_field,
    get_dependant,
    get_flat_dependant,
    get_flat_params,
    get_parameterless_sub_dependant,
    request_body_to_args,
    request_params_to_args,
    solve_dependencies,
)
from pronghorn.exceptions import DeclarationError
from pronghorn.testclient import TestClient

# --- dependants ------------------------------------------------------------------------------


class Item(BaseModel):
    name: str


def doubled(number: int = 1) -> int:
    return number * 2


def endpoint(
    item_id: int,
    request: Request,
    item: Item,
    background: BackgroundTasks,
    twice: Annotated[int, Depends(doubled)],
    x_token: Annotated[str | None, Header()] = None,
) -> Any:
    return [item_id, request.method, item.name, type(background).__name__, twice, x_token]


def names_of(fields: Any) -> list[str]:
    return [field.name for field in fields]


def test_a_dependant_says_what_a_signature_asks_for():
    dependant = get_dependant(path="/items/{item_id}", call=endpoint)
    assert names_of(dependant.path_params) == ["item_id"]
    assert names_of(dependant.header_params) == ["x_token"]
    assert names_of(dependant.body_params) == ["item"]
    assert dependant.request_param_name == "request"
    assert dependant.background_tasks_param_name == "background"
    assert dependant.websocket_param_name is None
    assert [below.name for below in dependant.dependencies] == ["twice"]
    assert dependant.call is endpoint


def test_a_dependant_becomes_a_declaration_again():
    dependant = get_dependant(path="/items/{item_id}", call=endpoint)
    again = Dependant.of(dependant.declaration())
    for field in dataclasses.fields(Dependant):
        if field.name not in ("dependencies", "solver"):
            assert getattr(again, field.name) == getattr(dependant, field.name), field.name


def test_a_dependant_without_a_function_is_refused():
    with pytest.raises(DeclarationError, match=r"dependant\.call must be a function"):
        routing.get_request_handler(dependant=Dependant())


def test_parameters_are_had_flat():
    dependant = get_dependant(path="/items/{item_id}", call=endpoint)
    assert names_of(get_flat_params(dependant)) == ["item_id", "number", "x_token"]
    assert names_of(get_flat_dependant(dependant, skip_repeats=True).query_params) == ["number"]
    field = get_body_field(dependant=dependant, name="endpoint")
    assert field is not None
    assert field.name == "item"


def test_parameters_are_read_from_what_arrived():
    dependant = get_dependant(path="/items/{item_id}", call=endpoint)
    values, errors = request_params_to_args(dependant.path_params, {"item_id": "x"})
    assert (values, errors[0]["loc"]) == ({}, ("path", "item_id"))
    read = functools.partial(request_body_to_args, dependant.body_params)
    assert anyio.run(read, {"name": "pen"}, False) == ({"item": Item(name="pen")}, [])
    values, errors = anyio.run(read, {"item": {}}, True)
    assert (values, errors[0]["loc"]) == ({}, ("body", "item", "name"))


# --- solving --------------------------------------------------------------------------------


def solve(dependant: Dependant, query: bytes = b"", **options: Any) -> SolvedDependency:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "path_params": {"item_id": "7"},
        "query_string": query,
        "headers": [],
    }

    async def solved() -> SolvedDependency:
        async with AsyncExitStack() as until_end, AsyncExitStack() as until_reply:
            scope["fastapi_inner_astack"] = until_end
            scope["fastapi_function_astack"] = until_reply
            return await solve_dependencies(
                request=Request(scope),
                dependant=dependant,
                async_exit_stack=until_end,
                embed_body_fields=False,
                **options,
            )

    return anyio.run(solved)


def test_values_are_had_without_a_route():
    dependant = get_dependant(path="/items/{item_id}", call=endpoint)
    solved = solve(dependant, b"number=4", body={"name": "pen"})
    assert solved.errors == []
    assert solved.values["twice"] == 8
    assert solved.values["item"] == Item(name="pen")
    assert isinstance(solved.background_tasks, BackgroundTasks)
    assert endpoint(**solved.values) == [7, "GET", "pen", "BackgroundTasks", 8, None]
    assert solved.dependency_cache == {(doubled, (), ""): 8}


def test_what_could_not_be_read_is_left_out():
    dependant = get_dependant(path="/items/{item_id}", call=endpoint)
    solved = solve(dependant, b"number=four", body={})
    assert [error["loc"] for error in solved.errors] == [("query", "number"), ("body", "name")]
    assert "twice" not in solved.values
    # A body that is one value is None then, as in FastAPI.
    assert solved.values["item"] is None


def test_values_that_are_handed_in_are_taken():
    dependant = get_dependant(path="/", call=lambda twice=Depends(doubled): twice)
    assert solve(dependant, dependency_cache={(doubled, (), ""): 40}).values == {"twice": 40}
    fresh = get_dependant(path="/", call=lambda twice=Depends(doubled, use_cache=False): twice)
    assert solve(fresh, dependency_cache={(doubled, (), ""): 40}).values == {"twice": 2}


def test_a_changed_dependant_is_solved_as_it_is_now():
    dependant = get_dependant(path="/", call=lambda twice=Depends(doubled): twice)
    called = []
    assert solve(dependant).values == {"twice": 2}
    first = dependant.solver
    assert solve(dependant).values == {"twice": 2}
    assert dependant.solver is first
    extra = get_parameterless_sub_dependant(depends=Depends(lambda: called.append(1)), path="/")
    dependant.dependencies.insert(0, extra)
    dependant.dependencies[1].call = lambda number: number + 100
    assert solve(dependant).values == {"twice": 101}
    assert called == [1]


def test_overrides_of_any_provider_are_read_when_values_are_had():
    dependant = get_dependant(path="/", call=lambda twice=Depends(doubled): twice)
    provider = types.SimpleNamespace(dependency_overrides={})
    assert solve(dependant, dependency_overrides_provider=provider).values == {"twice": 2}
    provider.dependency_overrides[doubled] = lambda: "replaced"
    assert solve(dependant, dependency_overrides_provider=provider).values == {"twice": "replaced"}


def test_solving_without_exit_stacks_is_refused():
    async def run() -> None:
        await solve_dependencies(
            request=Request({"type": "http"}),
            dependant=get_dependant(path="/", call=doubled),
            async_exit_stack=AsyncExitStack(),
            embed_body_fields=False,
        )

    with pytest.raises(AssertionError, match="fastapi_inner_astack not found in request scope"):
        anyio.run(run)


# --- handlers made by hand -------------------------------------------------------------------


def test_a_handler_is_made_of_a_dependant():
    dependant = get_dependant(path="/items/{item_id}", call=endpoint)
    handler = routing.get_request_handler(
        dependant=dependant, body_field=dependant.body_params[0], status_code=201
    )
    app = FastAPI()
    app.router.add_route("/items/{item_id}", handler, methods=["POST"])
    app.routes[-1].app = routing.request_response(handler)
    answer = TestClient(app).post("/items/3?number=5", json={"name": "pen"})
    assert (answer.status_code, answer.json()) == (
        201,
        [3, "POST", "pen", "BackgroundTasks", 10, None],
    )
    assert TestClient(app).post("/items/x", json={}).status_code == 422


def test_an_app_for_a_websocket_is_made_of_a_dependant():
    async def talk(websocket: WebSocket, number: int) -> None:
        await websocket.accept()
        await websocket.send_json(number)
        await websocket.close()

    route = routing.APIWebSocketRoute("/ws", talk)
    client = TestClient(route.app)
    with client.websocket_connect("/ws?number=3") as session:
        assert session.receive_json() == 3


def test_fastapis_signatures_are_kept():
    handler = inspect.signature(routing.get_request_handler)
    assert list(handler.parameters)[:4] == [
        "dependant",
        "body_field",
        "status_code",
        "response_class",
    ]
    solving = inspect.signature(routing.solve_dependencies)
    assert "_uses_scopes_cache" in solving.parameters
    assert all(item.kind is item.KEYWORD_ONLY for item in solving.parameters.values())


# --- names for annotations and pydantic ------------------------------------------------------------


def test_fastapis_names_for_annotations_and_pydantic():
    from pronghorn import _compat, dependencies  # noqa: F401 - what is imported is tested
    from pronghorn._compat import (
        PYDANTIC_V2,
        ModelField,
        Undefined,
        field_annotation_is_sequence,
        is_uploadfile_sequence_annotation,
        lenient_issubclass,
        shared,
        v2,
    )

    assert PYDANTIC_V2
    assert v2.ModelField is ModelField
    assert v2.Undefined is Undefined
    assert shared.lenient_issubclass is lenient_issubclass
    assert field_annotation_is_sequence(list[int])
    assert not is_uploadfile_sequence_annotation(list[int])
    assert not lenient_issubclass(list[int], list)
