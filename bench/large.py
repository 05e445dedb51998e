"""Large applications, and what it costs to have them: functions to be run in fresh processes.

A thousand typed POST routes, or two hundred in ten included groups.  Each route has a body model
of its own, with a list, limits and a model that all share; each group of twenty has an answer
model.  The models and the endpoints are there before anything is measured.
"""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from resource import getpagesize
from typing import Any

from pydantic import BaseModel, Field, create_model

from bench.cases import JSON, Case
from bench.driver import Driver, Life

BODY = b'{"name":"bob","age":30,"tags":["a","b"],"address":{"street":"s","city":"c"}}'
GROUP = 20

Endpoint = Callable[..., Any]


class Address(BaseModel):
    """Where somebody lives; all body models have one."""

    street: str
    city: str
    postcode: str | None = None


def make_endpoints(count: int) -> list[Endpoint]:
    """Make so many endpoints, with their models."""
    bodies = [
        create_model(
            f"Create{number}",
            name=(str, Field(min_length=1, max_length=100)),
            age=(int, Field(ge=0)),
            tags=(list[str], []),
            address=(Address, ...),
        )
        for number in range(count)
    ]
    answers = [
        create_model(f"Created{group}", id=(int, ...), name=(str, ...), address=(Address, ...))
        for group in range(-(-count // GROUP))
    ]
    return [make_endpoint(body, answers[at // GROUP]) for at, body in enumerate(bodies)]


def make_endpoint(body: type[BaseModel], answer: type[BaseModel]) -> Endpoint:
    """Make the endpoint of one route."""

    async def create(item_id: Any, item: Any, is_trial: Any = False) -> Any:  # noqa: ARG001  declared
        return answer(id=item_id, name=item.name, address=item.address)

    create.__annotations__ = {"item_id": int, "item": body, "is_trial": bool, "return": answer}
    return create


def path_of(number: int) -> str:
    """The path of a route, without its parameter."""
    return f"/group{number // GROUP}/things{number}"


def add_all(framework: Any, endpoints: list[Endpoint]) -> Any:
    """Make an application of them."""
    app = framework.FastAPI()
    for number, endpoint in enumerate(endpoints):
        app.post(f"{path_of(number)}/{{item_id}}", status_code=201)(endpoint)
    return app


def include_all(framework: Any, endpoints: list[Endpoint]) -> Any:
    """Make an application that includes them in groups."""
    app = framework.FastAPI()
    for first in range(0, len(endpoints), GROUP):
        router = framework.APIRouter(prefix=f"/group{first // GROUP}", tags=[f"group {first}"])
        for number in range(first, min(first + GROUP, len(endpoints))):
            router.post(f"/things{number}/{{item_id}}", status_code=201)(endpoints[number])
        app.include_router(router)
    return app


def add_routes(name: str, count: str) -> dict[str, float]:
    """Milliseconds to add the routes and to make their document; megabytes of the process."""
    framework = import_module(name)
    endpoints = make_endpoints(int(count))
    gc.collect()
    resident = resident_memory()
    began = time.process_time()
    app = add_all(framework, endpoints)
    added = time.process_time()
    gc.collect()
    memory = resident_memory() - resident
    described_from = time.process_time()
    document = app.openapi()
    described = time.process_time()
    if len(document["paths"]) != len(endpoints):
        raise RuntimeError(f"{name} describes {len(document['paths'])} of {count} routes")
    return {
        "add": (added - began) * 1e3,
        "document": (described - described_from) * 1e3,
        "resident": memory / 1e6,
    }


def trace_routes(name: str, count: str) -> dict[str, float]:
    """Megabytes that Python has for the routes: after they were added, and after each was asked."""
    framework = import_module(name)
    endpoints = make_endpoints(int(count))
    gc.collect()
    tracemalloc.start()
    app = add_all(framework, endpoints)
    gc.collect()
    added = tracemalloc.get_traced_memory()[0]
    asyncio.run(ask_each(app, range(len(endpoints))))
    gc.collect()
    asked = tracemalloc.get_traced_memory()[0]
    return {"added": added / 1e6, "asked": asked / 1e6}


def include_groups(name: str, count: str) -> dict[str, float]:
    """Milliseconds to start, for the first request to the last route, the others, and all."""
    framework = import_module(name)
    endpoints = make_endpoints(int(count))
    gc.collect()
    began = time.process_time()
    app = include_all(framework, endpoints)
    included = (time.process_time() - began) * 1e3
    figures = asyncio.run(ask_first(app, int(count)))
    # Whatever is left for later, all of it was done by now.
    figures["all"] += included
    return figures


async def ask_first(app: Any, count: int) -> dict[str, float]:
    """Start the application, ask the last route, then all others, then the last one again."""
    began = time.process_time()
    life = Life(app)
    await life.begin()
    started = (time.process_time() - began) * 1e3
    first = (await ask_each(app, [count - 1]))[0]
    others = sorted(await ask_each(app, range(count - 1)))
    again = (await ask_each(app, [count - 1]))[0]
    await life.end()
    return {
        "start": started,
        "first": first,
        "worst": others[-1],
        "median": others[len(others) // 2],
        "all": started + first + sum(others),
        "again": again,
    }


async def ask_each(app: Any, numbers: Any) -> list[float]:
    """Milliseconds of one request to each of the routes."""
    taken: list[float] = []
    for number in numbers:
        path = f"{path_of(number)}/7"
        driver = Driver(app, Case("large", "", path, method="POST", headers=JSON, body=BODY))
        began = time.process_time()
        answer = await driver.answer()
        taken.append((time.process_time() - began) * 1e3)
        if answer.status != 201:
            raise RuntimeError(f"{path} answered {answer}")
    return taken


def resident_memory() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()
