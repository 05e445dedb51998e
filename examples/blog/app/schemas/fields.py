"""Kinds of values that several schemas use, each within what both databases can keep."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, EmailStr, Field, StringConstraints, field_validator

# The largest `INTEGER` of PostgreSQL. A larger id belongs to nothing.
MAX_ID = 2**31 - 1

RowId = Annotated[int, Field(gt=0, le=MAX_ID)]

# PostgreSQL cannot keep the NUL character.
PlainText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]

# Ada@example.com and ada@example.com are one person.
Email = Annotated[EmailStr, AfterValidator(str.lower), StringConstraints(max_length=255)]


class PartialUpdate(BaseModel):
    """The body of a PATCH: a field may be left out, but `null` is no value for it."""

    @field_validator("*", mode="before")
    @classmethod
    def refuse_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("leave the field out to keep its value; it cannot be null")
        return value
