"""The page about data is followed from an empty folder, with a server, curl and a PostgreSQL."""

import inspect
import re
import shutil
import sys

import httpx2 as httpx
import pytest
from docs.following import PATIENCE, ROOT, Follower, blocks_of
from servers.postgres import durable_postgres
from sqlalchemy import make_url

from pronghorn.data import Database
from pronghorn.data.connections.engines import PoolSettings, Settings
from pronghorn.data.testing.missing import give_up
from pronghorn.data.testing.postgres import execute

PAGE = ROOT / "docs" / "data.md"
ADDRESS = "shop:secret@127.0.0.1/shop"


@pytest.mark.slow
@pytest.mark.timeout(600)  # it starts some thirty programs
def test_the_page_is_followed_from_an_empty_folder_to_a_migrated_postgresql(tmp_path):
    if shutil.which("curl") is None:
        give_up("curl is not installed")
    with durable_postgres() as postgres:
        port = make_url(postgres.url).port
        follower = Follower(tmp_path, {ADDRESS: f"shop:secret@127.0.0.1:{port}/shop"})
        follower.environment["TEST_POSTGRES_URL"] = postgres.url
        try:
            for kind, text, before in blocks_of(PAGE):
                if before == "PostgreSQL is stopped":
                    postgres.stop()
                elif before == "PostgreSQL is started":
                    postgres.start()
                match kind:
                    case "python":
                        follower.write(text)
                    case "diff":
                        follower.change(text)
                    case "sql":
                        execute(postgres.url, *text.strip().splitlines())
                    case "console":
                        follower.run_all(text, PATIENCE if before == "a moment later" else 0)
                    case _:
                        pytest.fail(f"what is to be done with {kind}?")
            assert ": up to 20 connections." in follower.log()
        finally:
            follower.stop()


PROMISED = """
# main.py
import asyncio

from pydantic import BaseModel
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pronghorn import FastAPI
from pronghorn.data import Database, ReadSession, Session, SyncReadSession


class Base(DeclarativeBase): ...


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list["Order"]] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))


class OrderOut(BaseModel):
    id: int


class ItemOut(BaseModel):
    orders: list[OrderOut]


db = Database("sqlite://")
app = FastAPI(lifespan=db.lifespan)


@app.post("/items")
async def create_item(session: Session) -> None:
    connection = await session.connection()
    await connection.run_sync(Base.metadata.create_all)
    session.add(Item(id=1))


@app.get("/items", response_model=list[ItemOut])
async def forget_orders(session: ReadSession):
    return await session.scalars(select(Item))


@app.get("/stocks", query_budget=1)
def read_row_by_row(session: SyncReadSession) -> int:
    return sum(len(item.orders) for item in session.scalars(select(Item)))


@app.get("/together")
async def share(session: ReadSession) -> None:
    await asyncio.gather(*(session.scalar(select(Item.id)) for _ in range(2)))
"""


@pytest.mark.slow
def test_what_is_promised_of_development_happens_with_the_command_of_the_page(tmp_path):
    assert "```console\n$ pronghorn dev main.py\n```" in PAGE.read_text()
    follower = Follower(tmp_path, {})
    follower.write(PROMISED.lstrip())
    try:
        follower.run("pronghorn dev main.py")
        requests = [("POST", "items"), ("GET", "items"), ("GET", "stocks"), ("GET", "together")]
        answers = [
            httpx.request(method, f"http://127.0.0.1:{follower.port}/{path}").status_code
            for method, path in requests
        ]
    finally:
        follower.stop()

    assert answers == [200, 500, 200, 500]
    log = follower.log()
    assert re.search(r"The query: forget_orders\(\) at \S*main.py:\d+\n", log)
    assert "QueryBudgetWarning: GET /stocks sent 2 statements; its query_budget is 1." in log
    assert "[shared-session]" in log


def test_the_application_of_the_page_passes_a_strict_type_checker(tmp_path):
    follower = Follower(tmp_path, {})
    follower.environment["MYPYPATH"] = str(ROOT / "src")
    for kind, text, _ in blocks_of(PAGE):
        if kind == "python" and re.match("# (main|database|models)", text):
            follower.write(text)
        elif kind == "diff":
            follower.change(text)

    said = follower.call(f"{sys.executable} -m mypy --strict --cache-dir . main.py")

    assert said.startswith("Success: "), said


def test_each_option_of_a_database_has_a_row_with_its_default():
    table = PAGE.read_text().partition("\n## Settings\n")[2].partition("\n### ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE))
    others = {"is_guarded", "replica", "replica_key", "replica_window", "session_class"}

    assert rows.keys() == Settings.__annotations__.keys() | others
    assert others == inspect.signature(Database).parameters.keys() - {"url", "settings"}
    for name in Settings.__annotations__:
        default = getattr(PoolSettings(), name)
        shown = f"`{default!r}`" if isinstance(default, str | bool) else str(default)
        assert rows[name] == shown.replace("'", '"'), name
