"""Forms: fields, models, unions, lists, files."""

from typing import Annotated, Literal

from fastapi import FastAPI, File, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI()


class Person(BaseModel):
    name: str
    age: int | None = None
    tags: list[str] = []


class Company(BaseModel):
    company_name: str
    size: int


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["a", "b"] = "a"
    value: int = Field(alias="the-value")


class WithFile(BaseModel):
    title: str
    file: UploadFile


async def describe(file: UploadFile | None):
    if file is None:
        return None
    content = await file.read()
    return {
        "filename": file.filename,
        "type": file.content_type,
        "size": file.size,
        "content": content.decode("latin-1"),
        "headers": dict(file.headers),
    }


@app.post("/fields")
async def fields(
    name: Annotated[str, Form(min_length=1)],
    age: Annotated[int, Form(ge=0)] = 0,
    note: Annotated[str | None, Form(alias="the-note")] = None,
    tags: Annotated[list[str] | None, Form()] = None,
    flag: Annotated[bool, Form()] = False,
):
    return {"name": name, "age": age, "note": note, "tags": tags, "flag": flag}


@app.post("/model")
def model(data: Annotated[Person, Form()]):
    return {"data": data, "set": sorted(data.model_fields_set)}


@app.post("/optional-model")
async def optional_model(data: Annotated[Person | None, Form()] = None):
    return {"data": data}


@app.post("/union")
async def union(data: Annotated[Person | Company, Form()]):
    return {"type": type(data).__name__, "data": data}


@app.post("/strict")
async def strict(data: Annotated[Strict, Form()]):
    return data


@app.post("/two-models")
async def two_models(person: Annotated[Person, Form()], company: Annotated[Company, Form()]):
    return {"person": person, "company": company}


@app.post("/model-with-file")
async def model_with_file(data: Annotated[WithFile, File()]):
    return {"title": data.title, "file": await describe(data.file)}


@app.post("/file")
async def file(file: UploadFile):
    return await describe(file)


@app.post("/optional-file")
async def optional_file(file: UploadFile | None = None, name: Annotated[str | None, Form()] = None):
    return {"file": await describe(file), "name": name}


@app.post("/bytes")
async def of_bytes(file: Annotated[bytes, File()], files: Annotated[list[bytes], File()] = []):
    return {"file": file.decode("latin-1"), "files": [len(one) for one in files]}


@app.post("/files")
async def files(files: list[UploadFile], note: Annotated[str, Form()] = "none"):
    return {"files": [await describe(one) for one in files], "note": note}


@app.post("/files-or-one")
async def files_or_one(files: Annotated[list[UploadFile] | UploadFile | None, File()] = None):
    found = files if isinstance(files, list) else [files]
    return [await describe(one) for one in found]


@app.post("/raw")
async def raw(request: Request):
    form = await request.form()
    return [
        (key, value if isinstance(value, str) else value.filename)
        for key, value in form.multi_items()
    ]


@app.post("/field-and-raw")
async def field_and_raw(request: Request, name: Annotated[str, Form()] = "default"):
    form = await request.form()
    return {"name": name, "keys": sorted(form.keys())}


@app.put("/set")
async def of_set(
    numbers: Annotated[set[int], Form()], pair: Annotated[tuple[int, str], Form()] = (1, "a")
):
    return {"numbers": sorted(numbers), "pair": pair}
