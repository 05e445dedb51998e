"""Door to functions that FastAPI keeps in one module."""

from pronghorn._pipeline.fields import ModelField as ModelField
from pronghorn._pipeline.fields import make_field as create_model_field  # noqa: F401  A door.
from pronghorn.merging import deep_dict_update as deep_dict_update
from pronghorn.merging import get_value_or_default as get_value_or_default
from pronghorn.status_codes import (
    is_body_allowed_for_status_code as is_body_allowed_for_status_code,
)
from pronghorn.unique_ids import generate_operation_id_for_path as generate_operation_id_for_path
from pronghorn.unique_ids import generate_unique_id as generate_unique_id
from pronghorn.unique_ids import get_path_param_names as get_path_param_names
