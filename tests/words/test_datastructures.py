"""Uploads, and the placeholder for "not given"."""

import io

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.datastructures import UploadFile as StarletteUploadFile

from pronghorn.datastructures import Default, DefaultPlaceholder, Unset, UploadFile, _Unset


@pytest.mark.anyio
async def test_an_upload_is_read_written_and_closed():
    upload = UploadFile(io.BytesIO(b"data"), filename="a.txt", size=4)
    assert await upload.read(2) == b"da"
    await upload.seek(4)
    await upload.write(b" more")
    assert upload.size == 9
    await upload.seek(0)
    assert await upload.read() == b"data more"
    await upload.close()
    assert upload.file.closed


def test_a_model_takes_starlettes_uploads_as_they_are():
    upload = StarletteUploadFile(io.BytesIO(b""))
    assert TypeAdapter(UploadFile).validate_python(upload) is upload


def test_a_model_refuses_what_is_no_upload():
    with pytest.raises(ValidationError, match="Expected UploadFile, received: <class 'str'>"):
        TypeAdapter(UploadFile).validate_python("text")
    with pytest.raises(ValueError):
        UploadFile._validate("text", None)


def test_an_upload_is_bytes_in_json_schema():
    class Form(BaseModel):
        file: UploadFile

    assert Form.model_json_schema()["properties"]["file"] == {
        "type": "string",
        "contentMediaType": "application/octet-stream",
        "title": "File",
    }


def test_a_placeholder_is_equal_to_one_of_the_same_value_and_to_no_value():
    assert Default("a") == Default("a")
    assert Default("a") != Default("b")
    assert Default("a") != "a"


def test_a_placeholder_is_as_true_as_its_value():
    assert Default("a")
    assert not Default("")
    assert not Unset


def test_unset_is_one_object_under_two_names():
    assert Unset is _Unset
    assert isinstance(Unset, DefaultPlaceholder)
    assert repr(Unset) == "Default(None)"
