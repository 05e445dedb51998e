"""Door to Starlette's templates; needs Jinja2."""

from starlette.templating import Jinja2Templates as Jinja2Templates
