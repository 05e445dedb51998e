"""The application: everything comes together here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pronghorn import FastAPI
from pronghorn.middleware.cors import CORSMiddleware

from config import settings
from database import Database
from errors import ERROR_HANDLERS
from middleware import TimingMiddleware
from routers import auth, chat, health, posts, users


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the database before the first request, close it after the last."""
    database = Database(settings.database_url)
    try:
        await database.upgrade()
        app.state.database = database
        yield
    finally:
        await database.close()


app = FastAPI(
    title=settings.app_name,
    description="Users, posts and a chat: the reference application.",
    version="1.0.0",
    debug=settings.debug,
    lifespan=lifespan,
    exception_handlers=ERROR_HANDLERS,
)

app.add_middleware(TimingMiddleware)
app.add_middleware(
    CORSMiddleware,
    allow_origins=settings.cors_origins,
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)

app.include_router(users.router)
app.include_router(posts.router)
app.include_router(auth.router, prefix="/auth", tags=["auth"])
app.include_router(chat.router)
app.include_router(health.router)
