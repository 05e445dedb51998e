"""Door to the type of the option `form_limits`."""

from pronghorn._options.settings import FormLimits as _FormLimits

__all__ = ["_FormLimits"]
