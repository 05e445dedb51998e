"""Door to Starlette's static files."""

from starlette.staticfiles import StaticFiles as StaticFiles
