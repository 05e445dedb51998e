"""A form with a file, whose limits are the route's."""

from typing import Annotated

from pydantic import BaseModel

from pronghorn import FastAPI, File, Form, UploadFile

app = FastAPI()


class Login(BaseModel):
    username: str
    password: str


@app.post("/files", form_limits={"max_files": 2})
async def upload(
    title: Annotated[str, Form()],
    file: UploadFile,
    raw: Annotated[bytes | None, File()] = None,
):
    return {"title": title, "name": file.filename}


@app.post("/login")
async def login(form: Annotated[Login, Form()]):
    return form.username
