"""The seed's schemas: what they accept, what they refuse, and their example."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError
from seed.blocks import run_block
from seed.users import ADA, EXAMPLE


@pytest.fixture
def schemas() -> Any:
    return run_block("Pydantic v2 Schemas")


def test_they_accept_what_is_right(schemas):
    assert schemas.UserCreate(**ADA).model_dump() == ADA
    update = schemas.UserUpdate.model_validate({"name": "Ada"})
    assert update.model_dump(exclude_unset=True) == {"name": "Ada"}


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("email", "nobody", "value_error"),
        ("name", "", "string_too_short"),
        ("name", "x" * 101, "string_too_long"),
        ("password", "seven77", "string_too_short"),
    ],
)
def test_they_refuse_what_is_wrong(schemas, field, value, error):
    with pytest.raises(ValidationError) as caught:
        schemas.UserCreate(**ADA | {field: value})
    assert [(e["loc"], e["type"]) for e in caught.value.errors()] == [((field,), error)]


def test_an_answer_is_read_from_attributes(schemas):
    now = datetime.now(UTC)
    row = SimpleNamespace(id=7, email="ada@example.com", name="Ada", created_at=now)
    user = schemas.UserResponse.model_validate(row)
    assert (user.id, user.created_at, user.is_active) == (7, now, True)


def test_the_example_is_in_the_schema(schemas):
    assert schemas.UserResponse.model_json_schema()["example"] == EXAMPLE
