"""The application: everything comes together here."""

from pronghorn import FastAPI
from pronghorn.middleware.cors import CORSMiddleware

from config import settings
from database import db
from errors import ERROR_HANDLERS
from middleware import TimingMiddleware
from routers import auth, chat, health, posts, users

app = FastAPI(
    title=settings.app_name,
    description="Users, posts and a chat: the reference application.",
    version="1.0.0",
    debug=settings.debug,
    lifespan=db.lifespan,
    exception_handlers=ERROR_HANDLERS,
    access_log=settings.access_log,
    # It tells how long the database took, which is nothing for strangers.
    server_timing=settings.environment == "development",
    # Statements of one request: more are a failure in tests, and a warning in development.
    query_budget=4,
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
