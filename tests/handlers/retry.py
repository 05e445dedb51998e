"""Operations that are tried again: the body is read once, and all the rest is begun anew."""

from typing import Annotated

from pydantic import BaseModel

from pronghorn import Depends, FastAPI, Request, Retry, UploadFile
from pronghorn.routing import APIRoute

app = FastAPI()
RETRY = Retry(on=TimeoutError)


class OwnHandler(APIRoute):
    def get_route_handler(self):
        handle = super().get_route_handler()

        async def own(request):
            return await handle(request)

        return own


class Item(BaseModel):
    name: str


async def session():
    yield "session"


async def connection():
    yield "connection"


@app.post("/items", retry=RETRY)
async def add_item(
    item: Item, session: Annotated[str, Depends(session, scope="function")], request: Request
) -> Item:
    return item


@app.post("/files", retry=RETRY)
async def add_file(file: UploadFile, connection: Annotated[str, Depends(connection)]):
    return file.filename


app.router.route_class = OwnHandler


@app.get("/items/{item_id}", retry=RETRY)
async def read_item(
    item_id: int,
    session: Annotated[str, Depends(session, scope="function")],
    connection: Annotated[str, Depends(connection)],
):
    return item_id
