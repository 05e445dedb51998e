"""FastAPI, compiled: the same public names, answered by handlers written at start-up."""

__version__ = "0.1.0"

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette import status as status

from pronghorn.alias import install_as_fastapi as install_as_fastapi
from pronghorn.answered import beginners
from pronghorn.applications import FastAPI as FastAPI
from pronghorn.background import BackgroundTasks as BackgroundTasks
from pronghorn.datastructures import UploadFile as UploadFile
from pronghorn.exceptions import HTTPException as HTTPException
from pronghorn.exceptions import WebSocketException as WebSocketException
from pronghorn.incidental import incidental
from pronghorn.param_functions import Body as Body
from pronghorn.param_functions import Cookie as Cookie
from pronghorn.param_functions import Depends as Depends
from pronghorn.param_functions import File as File
from pronghorn.param_functions import Form as Form
from pronghorn.param_functions import Header as Header
from pronghorn.param_functions import Path as Path
from pronghorn.param_functions import Query as Query
from pronghorn.param_functions import Security as Security
from pronghorn.requests import Request as Request
from pronghorn.responses import Response as Response
from pronghorn.routing import APIRouter as APIRouter
from pronghorn.websockets import WebSocket as WebSocket
from pronghorn.websockets import WebSocketDisconnect as WebSocketDisconnect


def _look_at_commits() -> None:
    """Find late commits in development, with whatever the program has made its engines."""
    if "sqlalchemy" in sys.modules:
        # The room needs a newer SQLAlchemy than some programs have.
        with suppress(ImportError):
            from pronghorn.data.watching.late_commits import listen  # noqa: PLC0415 - few are watched

            listen()


beginners.append(_look_at_commits)

if TYPE_CHECKING:
    from pronghorn.retries import Retry as Retry
else:
    __getattr__ = incidental(__name__)
