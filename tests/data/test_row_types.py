"""Rows say to the byte what objects say, of every type that a column may have."""

from typing import Annotated

import pytest
from data.row_types import EVERYWHERE, ON_POSTGRESQL, make_things, values_of
from drivers.asgi import exchange
from sqlalchemy import select

from pronghorn import FastAPI
from pronghorn.data import Database, FromRows, ReadSession, rows

pytestmark = pytest.mark.anyio


async def test_every_type_is_the_same_from_rows(address):
    types = EVERYWHERE if address.startswith("sqlite") else EVERYWHERE | ON_POSTGRESQL
    mapped, thing, model = make_things(types)
    db = Database(address)
    app = FastAPI()
    app.state.database = db
    in_order = select(thing).order_by(thing.id)

    @app.get("/objects")
    async def by_objects(session: ReadSession) -> list[model]:
        return (await session.scalars(in_order)).all()

    @app.get("/rows")
    async def by_rows(session: ReadSession) -> Annotated[list[model], FromRows(thing)]:
        return rows(session, in_order)

    async with db:
        async with db.engine.begin() as connection:
            await connection.run_sync(mapped.metadata.create_all)
        async with db.sessions() as session:
            for number in range(60):
                new = thing()
                for name, value in values_of(types, is_null=number % 10 == 0).items():
                    setattr(new, name, value)
                session.add(new)
        objects = await exchange(app, "GET", "/objects")
        plain = await exchange(app, "GET", "/rows")
    assert objects.status == 200
    assert plain.body == objects.body
    assert set(plain.json[1]) == {"id", *types}
    assert None not in [value for name, value in plain.json[1].items() if name != "any"]
