"""A session and a blocking one in the same request."""

from typing import Annotated

from pronghorn import Depends, FastAPI
from pronghorn.data import Session, SyncReadSession
from pronghorn.exceptions import FastAPIError

FASTAPI_RAISES = FastAPIError

app = FastAPI()


def audit(blocking: SyncReadSession):
    return blocking


@app.post("/users")
async def create_user(session: Session, audit: Annotated[object, Depends(audit)]):
    return session
