"""FastAPI's names for what a type annotation stands for."""

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

field_annotation_is_complex = is_complex
field_annotation_is_scalar = is_scalar
field_annotation_is_scalar_sequence = is_scalar_sequence
field_annotation_is_sequence = is_sequence
annotation_is_pydantic_v1 = is_from_pydantic_v1


def lenient_issubclass(cls: Any, class_or_tuple: Any) -> bool:
    """Like `issubclass`, but anything that is no plain class is no subclass."""
    return is_subclass(cls, class_or_tuple)


def is_bytes_or_nonable_bytes_annotation(annotation: Any) -> bool:
    return may_be(annotation, bytes)


def is_bytes_sequence_annotation(annotation: Any) -> bool:
    return is_sequence_of(annotation, bytes)


def is_uploadfile_or_nonable_uploadfile_annotation(annotation: Any) -> bool:
    return may_be(annotation, UploadFile)


def is_uploadfile_sequence_annotation(annotation: Any) -> bool:
    return is_sequence_of(annotation, UploadFile)


def value_is_sequence(value: Any) -> bool:
    """Whether *value* is a sequence other than text or bytes."""
    return isinstance(value, SEQUENCES) and not isinstance(value, (str, bytes))
