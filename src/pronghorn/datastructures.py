"""Values that requests are made of, uploads, and the placeholder for "not given"."""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, TypeVar, cast

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema
from starlette.datastructures import URL as URL
from starlette.datastructures import Address as Address
from starlette.datastructures import FormData as FormData
from starlette.datastructures import Headers as Headers
from starlette.datastructures import QueryParams as QueryParams
from starlette.datastructures import State as State
from starlette.datastructures import UploadFile as StarletteUploadFile


class UploadFile(StarletteUploadFile):
    """A file of a form.  Its methods work in a thread, so they may be awaited safely.

    The file is closed when the answer has been sent.
    """

    file: BinaryIO

    async def write(self, data: bytes) -> None:
        """Write `data` at the present position."""
        await super().write(data)

    async def read(self, size: int = -1) -> bytes:
        """Read `size` bytes, or all that are left."""
        return await super().read(size)

    async def seek(self, offset: int) -> None:
        """Go to `offset`, in bytes from the start."""
        await super().seek(offset)

    async def close(self) -> None:
        """Close the file; a temporary file on disk is removed."""
        await super().close()

    @classmethod
    def _validate(cls, value: Any, _: Any) -> "UploadFile":
        if not isinstance(value, StarletteUploadFile):
            # pydantic collects a `ValueError`, and lets a `TypeError` through.
            raise ValueError(f"Expected UploadFile, received: {type(value)}")  # noqa: TRY004
        return cast("UploadFile", value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: Mapping[str, Any], handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "contentMediaType": "application/octet-stream"}

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: Callable[[Any], Mapping[str, Any]]
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(cls._validate)


class DefaultPlaceholder:  # noqa: PLW1641  FastAPI's cannot be hashed either.
    """Wraps a default, so that a value given by the user can be told from it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DefaultPlaceholder) and other.value == self.value

    def __repr__(self) -> str:
        return f"Default({self.value!r})"


DefaultType = TypeVar("DefaultType")


def Default(value: DefaultType) -> DefaultType:  # noqa: N802  FastAPI's name.
    """Mark `value` as a default; for the type checker it stays what it is."""
    return cast("DefaultType", DefaultPlaceholder(value))


Unset: Any = Default(None)
_Unset: Any = Unset
