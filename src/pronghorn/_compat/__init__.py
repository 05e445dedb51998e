"""Door to FastAPI's names for what stands between it and pydantic."""

from pronghorn._pipeline import annotations as shared
from pronghorn._pipeline import fields as v2
from pronghorn._pipeline.annotations import is_subclass as lenient_issubclass
from pronghorn._pipeline.fields import PYDANTIC_VERSION, PYDANTIC_VERSION_MINOR_TUPLE
from pronghorn._pipeline.fields import ModelField as ModelField
from pronghorn._pipeline.fields import RequiredParam as RequiredParam
from pronghorn._pipeline.fields import Undefined as Undefined

__all__ = ["PYDANTIC_VERSION", "PYDANTIC_VERSION_MINOR_TUPLE", "lenient_issubclass", "shared", "v2"]
