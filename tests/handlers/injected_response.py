"""A response to set headers on, and tasks for afterwards."""

from typing import Annotated

from pronghorn import BackgroundTasks, Depends, FastAPI, Request, Response

app = FastAPI()


def cookie(response: Response):
    response.set_cookie("seen", "yes")


async def audit(tasks: BackgroundTasks):
    yield
    tasks.add_task(print)


@app.get("/", dependencies=[Depends(cookie)])
async def read(request: Request, response: Response, tasks: BackgroundTasks):
    response.status_code = 202
    tasks.add_task(print)
    return request.url.path


@app.get("/audited")
async def read_audited(audit: Annotated[None, Depends(audit)]):
    return "audited"
