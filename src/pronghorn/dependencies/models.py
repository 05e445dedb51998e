"""Door to the declaration of a dependency, under FastAPI's name."""

from pronghorn._pipeline.declaration import Dependency as Dependant

__all__ = ["Dependant"]
