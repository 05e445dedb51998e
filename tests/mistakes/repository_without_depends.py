"""A repository that nobody makes."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import FastAPI
from pronghorn.data import Repository
from pronghorn.exceptions import FastAPIError

FASTAPI_RAISES = FastAPIError

app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


@app.get("/users")
async def list_users(users: Repository[User]) -> int:
    return await users.count()
