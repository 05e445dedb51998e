"""Is the application alive, and is it ready?

Whether it is alive is told without the database, so that a slow database does not make an
orchestrator restart healthy workers. Whether it is ready is for load balancers.
"""

from pronghorn import APIRouter

from database import db

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> dict[str, str]:
    """Tell that the process answers requests."""
    return {"status": "ok"}


@router.get("/ready", responses={503: {"description": "The database does not answer"}})
async def ready() -> dict[str, str]:
    """Tell that the database answers, too."""
    await db.ping()
    return {"status": "ready"}
