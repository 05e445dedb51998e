"""Door to functions that third parties import from here."""

from pronghorn._pipeline.callables import evaluated as get_typed_annotation
from pronghorn._pipeline.callables import return_annotation_of as get_typed_return_annotation
from pronghorn._pipeline.callables import typed_signature as get_typed_signature
from pronghorn._pipeline.multipart import MISSING as multipart_not_installed_error  # noqa: N811
from pronghorn._pipeline.multipart import NAMESAKE as multipart_incorrect_install_error  # noqa: N811

__all__ = ["get_typed_annotation", "get_typed_return_annotation", "get_typed_signature"]
__all__ += ["multipart_incorrect_install_error", "multipart_not_installed_error"]
