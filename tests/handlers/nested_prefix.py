"""A parameter of the path that comes from the prefix of an include."""

from typing import Annotated

from pronghorn import APIRouter, Depends, FastAPI

app = FastAPI()
router = APIRouter()


async def organization(org_id: int):
    return org_id


@router.get("/items/{item_id}")
async def read_item(item_id: int, organization: Annotated[int, Depends(organization)]):
    return item_id


app.include_router(router, prefix="/orgs/{org_id}")
app.include_router(router, prefix="/public")
