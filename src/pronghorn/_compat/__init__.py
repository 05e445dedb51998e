"""FastAPI's names for what it knows of annotations and of pydantic."""

from pronghorn._compat import shared as shared
from pronghorn._compat import v2 as v2
from pronghorn._compat.shared import *  # noqa: F403 - all of it is FastAPI's names
from pronghorn._compat.v2 import *  # noqa: F403 - as above
