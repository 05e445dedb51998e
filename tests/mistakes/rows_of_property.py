"""A model that is made of rows has a field that no row says."""

from typing import Annotated, Any

from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import FastAPI
from pronghorn.data import FromRows

FASTAPI_RAISES = AssertionError

app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)

    @property
    def name(self) -> str:
        return f"User {self.id}"


class UserOut(BaseModel):
    id: int
    name: str


@app.get("/users", response_model=Annotated[list[UserOut], FromRows(User)])
async def list_users() -> Any: ...
