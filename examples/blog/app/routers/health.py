"""Is the application alive? Answered without the database, so that a slow database
does not make an orchestrator restart healthy workers."""

from pronghorn import APIRouter

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> dict[str, str]:
    """Tell that the process answers requests."""
    return {"status": "ok"}
