"""The logger that the framework writes to.

It bears FastAPI's name, because that is the name which users configure.
"""

import logging

logger = logging.getLogger("fastapi")
