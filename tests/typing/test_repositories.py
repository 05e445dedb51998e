"""What a repository gives has the model's type, in both type checkers, without a cast."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

PROGRAM = """
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pronghorn import Depends, FastAPI, Query
from pronghorn.data import (
    CursorPage, CursorPaging, Filter, Ordering, Page, PageRequest, Paging, Repository, Where, paged
)

class Base(DeclarativeBase): ...

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime | None]
    posts: Mapped[list["Post"]] = relationship()

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[list["Post"]] = relationship()

class UserIn(BaseModel):
    name: str

class UserOut(UserIn):
    id: int

class UserRepository(Repository[User]):
    async def by_name(self, name: str) -> User | None:
        return await self.one(User.name == name)

class UserOrder(Ordering[User], by=[User.name, User.created_at]):
    pass

class UserFilter(Filter[User]):
    name__icontains: str | None = None
    long: Annotated[int | None, Where(lambda length: User.name.like("_" * length))] = None
    order_by: UserOrder = UserOrder("-created_at")

class PostFilter(Filter[Post]):
    id__in: list[int] | None = None

app = FastAPI()
Users = Annotated[UserRepository, Depends()]
Wide = Annotated[PageRequest, Depends(paged(most=1000))]

@app.get("/users", response_model=Page[UserOut])
async def list_users(
    paging: Paging, users: Users, query: Annotated[UserFilter, Query()]
) -> Page[User]:
    return await users.page(paging, query, User.id > 3, load=[User.posts, (User.posts, Post.tags)])

@app.get("/out")
async def list_out(paging: Wide, users: Users) -> Page[UserOut]:
    return (await users.page(paging, order_by=[User.created_at.desc().nulls_last(), User.name])).to(UserOut)

@app.get("/cursor")
async def list_by_cursor(
    paging: CursorPaging,
    users: Annotated[Repository[User], Depends(Repository[User].reading)],
    order_by: UserOrder = UserOrder("name"),
) -> CursorPage[UserOut]:
    return (await users.cursor_page(paging, order_by=order_by)).to(UserOut)

async def use(session: AsyncSession, posts: Repository[Post], data: UserIn) -> None:
    users = UserRepository(session)
    reveal_type(await users.get(1))
    reveal_type(await users.get_or_404(1, for_update=True))
    reveal_type(await users.one(User.name == "x"))
    reveal_type(await users.list(order_by=User.name))
    reveal_type(await users.page(PageRequest(limit=3)))
    reveal_type((await users.page(PageRequest())).items)
    reveal_type([user async for user in users.stream()])
    reveal_type(await users.count())
    reveal_type(await users.exists())
    reveal_type(await users.create(data, name="x"))
    reveal_type(await users.create_many([data, {"name": "x"}, User(name="x")]))
    user = await users.create({"name": "x"})
    reveal_type(await users.update(user, data))
    reveal_type(await users.upsert(data, by=["name"]))
    await users.delete(user)
    reveal_type(await Repository[Post](session).get((1,)))
    reveal_type(UserFilter().ordering)
"""

REVEALED = [
    *("User | None", "User", "User | None", "list[User]", "Page[User]", "list[User]", "list[User]"),
    *("int", "bool", "User", "list[User]", "User", "User", "Post | None", "Ordering[User] | None"),
]

WRONG = """
    await users.delete(Post())
    await users.list(PostFilter())
    await users.list(order_by="name")
    await users.get(1, load=["posts"])
    await users.page(3)
    wrong: Page[Post] = await users.page(PageRequest())
"""


def run(checker, file):
    commands = {
        "mypy": ["mypy", "--strict", "--cache-dir", str(file.parent), str(file)],
        "pyright": ["pyright", "--outputjson", "--pythonpath", sys.executable, str(file)],
    }
    (file.parent / "pyrightconfig.json").write_text(
        f'{{"typeCheckingMode": "strict", "extraPaths": ["{SOURCE}"]}}'
    )
    command = [sys.executable, "-m", *commands[checker]]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=file.parent)
    return ran.stdout


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_strict_type_checker_knows_the_model(checker, tmp_path):
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    said = run(checker, file)
    assert not re.search(r'error: |"severity": "error"', said), said
    found = re.findall(r'Revealed type is "(.*)"|\\" is \\"(.*)\\"', said)
    names = [re.sub(r"[\w.]+\.(\w+)", r"\1", first or second) for first, second in found]
    assert [name.replace("builtins.", "") for name in names] == REVEALED


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_type_checker_finds_rows_filters_and_pages_of_another_model(checker, tmp_path):
    file = tmp_path / "program.py"
    file.write_text(PROGRAM + WRONG)
    said = run(checker, file)
    first = (PROGRAM + WRONG).splitlines().index("    await users.delete(Post())")
    lines = {int(line) for line in re.findall(r"program\.py:(\d+): error", said)}
    lines |= {int(line) + 1 for line in re.findall(r'"error".*?"line": (\d+)', said, re.DOTALL)}
    assert {first + offset for offset in range(1, 7)} <= lines, said
