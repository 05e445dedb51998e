"""Background tasks: from the endpoint, from dependencies, from responses; failing ones."""

from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask

from wire.events import note

app = FastAPI()


async def slow(text: str, *, times: int = 1) -> None:
    for _ in range(times):
        note(f"async {text}")


def blocking(text: str) -> None:
    note(f"blocking {text}")


def failing() -> None:
    note("failing")
    raise RuntimeError("task")


def adds(tasks: BackgroundTasks):
    tasks.add_task(blocking, "of the dependency")
    return tasks


def around():
    note("entered")
    yield
    note("left")


@app.get("/several")
async def several(tasks: BackgroundTasks, same: Annotated[BackgroundTasks, Depends(adds)]):
    tasks.add_task(slow, "one", times=2)
    tasks.add_task(blocking, "two")
    note(f"endpoint {tasks is same}")
    return {"same": tasks is same}


@app.get("/failing")
def fails(tasks: BackgroundTasks, _: Annotated[None, Depends(around)]):
    tasks.add_task(failing)
    tasks.add_task(blocking, "after the failing one")
    return "sent"


@app.get("/not-reached")
async def not_reached(tasks: BackgroundTasks):
    tasks.add_task(blocking, "never")
    raise HTTPException(400)


@app.get("/of-response")
async def of_response():
    return JSONResponse("own", background=BackgroundTask(slow, "own"))


@app.get("/both")
async def both(tasks: BackgroundTasks):
    tasks.add_task(blocking, "added")
    return JSONResponse("both", background=BackgroundTask(slow, "own"))


@app.get("/returned")
async def returned(tasks: BackgroundTasks):
    tasks.add_task(blocking, "added")
    return Response("returned")


def adds_late(tasks: BackgroundTasks):
    yield
    tasks.add_task(blocking, "added after the yield")


@app.get("/late")
async def late(_: Annotated[None, Depends(adds_late)]):
    return "late"


@app.get("/late-function")
async def late_function(_: Annotated[None, Depends(adds_late, scope="function")]):
    return "late"
