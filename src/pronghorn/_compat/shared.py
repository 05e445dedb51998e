"""FastAPI's names for what a type annotation stands for."""

from functools import partial
from typing import Any

from starlette.datastructures import UploadFile

from pronghorn._pipeline.annotations import (
    SEQUENCE_CLASSES,
    SEQUENCES,
    is_complex,
    is_from_pydantic_v1,
    is_scalar,
    is_scalar_sequence,
    is_sequence,
    is_sequence_of,
    is_subclass,
    may_be,
)
from pronghorn._pipeline.fields import PYDANTIC_VERSION as PYDANTIC_VERSION
from pronghorn._pipeline.fields import (
    PYDANTIC_VERSION_MINOR_TUPLE as PYDANTIC_VERSION_MINOR_TUPLE,
)

PYDANTIC_V2 = True
"""FastAPI had it while it worked with pydantic 1 as well."""

sequence_annotation_to_type = SEQUENCE_CLASSES
sequence_types = SEQUENCES

lenient_issubclass = is_subclass
field_annotation_is_complex = is_complex
field_annotation_is_scalar = is_scalar
field_annotation_is_scalar_sequence = is_scalar_sequence
field_annotation_is_sequence = is_sequence
annotation_is_pydantic_v1 = is_from_pydantic_v1

is_bytes_or_nonable_bytes_annotation = partial(may_be, kind=bytes)
is_bytes_sequence_annotation = partial(is_sequence_of, kind=bytes)
is_uploadfile_or_nonable_uploadfile_annotation = partial(may_be, kind=UploadFile)
is_uploadfile_sequence_annotation = partial(is_sequence_of, kind=UploadFile)


def value_is_sequence(value: Any) -> bool:
    """Whether *value* is a sequence other than text or bytes."""
    return isinstance(value, SEQUENCES) and not isinstance(value, (str, bytes))
