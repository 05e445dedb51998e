"""FastAPI's names for what stands between it and pydantic."""

from typing import Any

from pydantic import PydanticSchemaGenerationError as PydanticSchemaGenerationError
from pydantic_core import Url as Url
from pydantic_core.core_schema import (
    with_info_plain_validator_function as with_info_plain_validator_function,
)

from pronghorn._pipeline.annotations import sequence_class
from pronghorn._pipeline.fields import ModelField as ModelField
from pronghorn._pipeline.fields import RequiredParam as RequiredParam
from pronghorn._pipeline.fields import Undefined as Undefined
from pronghorn._pipeline.fields import body_model, evaluate_forward_reference, missing_error
from pronghorn._pipeline.fields import copy_field_info as copy_field_info
from pronghorn._pipeline.fields import is_scalar_field as is_scalar_field
from pronghorn._pipeline.fields import model_fields as get_cached_model_fields
from pronghorn.openapi.schemas import get_definitions as get_definitions
from pronghorn.openapi.schemas import get_flat_models_from_fields as get_flat_models_from_fields
from pronghorn.openapi.schemas import get_model_name_map as get_model_name_map
from pronghorn.openapi.schemas import get_schema_from_model_field as get_schema_from_model_field

create_body_model = body_model
evaluate_forwardref = evaluate_forward_reference
get_missing_field_error = missing_error
get_model_fields = get_cached_model_fields


def serialize_sequence_value(*, field: ModelField, value: Any) -> Any:
    """*value* as the kind of sequence that *field* is annotated with."""
    return sequence_class(field.field_info.annotation)(value)
