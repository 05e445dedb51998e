"""Who fetches what an endpoint returns: found in the metadata of its response model."""

from typing import Annotated, Any, get_args, get_origin

from pronghorn._pipeline.annotations import is_alias
from pronghorn.fetching import METHOD, Fetcher


def find_fetcher(annotation: Any) -> Fetcher | None:
    """What fetches for a response model of this *annotation*; raises what its maker refuses."""
    while is_alias(annotation):
        annotation = annotation.__value__
    if get_origin(annotation) is not Annotated:
        return None
    inner, *metadata = get_args(annotation)
    # A class among the metadata is no object that could be asked.
    makers = [item for item in metadata if hasattr(type(item), METHOD)]
    return getattr(makers[-1], METHOD)(inner) if makers else None
