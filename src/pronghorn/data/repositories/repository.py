"""A repository: the rows of one model, as methods.

It works on a session that somebody else began and ends: it flushes, and never commits.
"""

import builtins
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Self

from sqlalchemy import select

from pronghorn.data.errors import ForeignRowError
from pronghorn.data.repositories.cursors import Cursors, Place
from pronghorn.data.repositories.keysets import after
from pronghorn.data.repositories.pages import (
    CursorPage,
    CursorRequest,
    Page,
    PageRequest,
    cursor_page_of,
    page_of,
)
from pronghorn.data.repositories.refreshing import outdated_relations, refresh
from pronghorn.data.repositories.selection import Criterion, Load, Model, OrderBy, Selection
from pronghorn.data.repositories.upserts import upsert_statement
from pronghorn.data.repositories.values import Data, read_values
from pronghorn.data.sessions.asked import ReadSession


class Repository(Selection[Model]):
    """The rows of one model.

    ```python
    class UserRepository(Repository[User]):
        async def by_email(self, email: str) -> User | None:
            return await self.one(User.email == email)
    ```

    It is made from any `AsyncSession`.  In signatures it needs no function of its own:
    `users: Annotated[UserRepository, Depends()]` writes, and
    `Annotated[UserRepository, Depends(UserRepository.reading)]` only reads.

    A relationship raises when it is read, unless `load` names it or the mapping loads it
    eagerly.  `may_load_lazily = True` in the class leaves all to the mapping.
    """

    @classmethod
    def reading(cls, session: ReadSession) -> Self:
        """Make it from a session that only reads: `Depends(UserRepository.reading)`."""
        return cls(session)

    # --- one row -----------------------------------------------------------------------------

    async def get(self, key: Any, *, load: Load = (), for_update: bool = False) -> Model | None:
        """The row with this primary key (a tuple, if it has several columns), or None.

        With `for_update` nobody else changes it until this transaction ends, and it is read
        anew, whatever was known of it.
        """
        columns = self._mapper.primary_key
        values = key if isinstance(key, tuple) else (key,)
        if len(values) != len(columns):
            names = ", ".join(str(column.key) for column in columns)
            raise TypeError(f"The key of `{self.model.__name__}` is ({names}), not {key!r}.")
        # What no row can have is in no row.
        if None in values or any(map(self._misfits, values, columns)):
            return None
        if not load and not for_update:
            found: Model | None = await self.session.get(
                self.model, tuple(values), options=self._options(load)
            )
            return found
        same = (column == value for column, value in zip(columns, values, strict=True))
        return await self.one(*same, load=load, for_update=for_update)

    async def get_or_404(self, key: Any, *, load: Load = (), for_update: bool = False) -> Model:
        """The row with this primary key; without one, the request is answered 404."""
        return self._found(await self.get(key, load=load, for_update=for_update))

    async def one(
        self, *where: Criterion[Model], load: Load = (), for_update: bool = False
    ) -> Model | None:
        """The only row that meets the conditions, or None.

        Raises `sqlalchemy.exc.MultipleResultsFound`, if there is another one.
        """
        statement = self._select(where, load).limit(2)
        if for_update:
            # Rows of other tables that are joined to it are not locked.
            statement = statement.with_for_update(of=self.model)
            statement = statement.execution_options(populate_existing=True)
        found: Model | None = (await self._execute(statement)).scalars().one_or_none()
        return found

    async def one_or_404(
        self, *where: Criterion[Model], load: Load = (), for_update: bool = False
    ) -> Model:
        """The only row that meets the conditions; without one, the request is answered 404."""
        return self._found(await self.one(*where, load=load, for_update=for_update))

    # --- several rows ------------------------------------------------------------------------

    async def list(
        self,
        *where: Criterion[Model],
        order_by: OrderBy[Model] = None,
        limit: int | None = None,
        offset: int | None = None,
        load: Load = (),
    ) -> builtins.list[Model]:
        """All rows that meet the conditions; the primary key decides where `order_by` does not."""
        keys = self._keys(where, order_by)
        statement = self._select(where, load).order_by(*(key.clause() for key in keys))
        rows = await self._execute(statement.limit(limit).offset(offset))
        return list(rows.scalars().all())

    async def page(
        self,
        paging: PageRequest,
        *where: Criterion[Model],
        order_by: OrderBy[Model] = None,
        load: Load = (),
    ) -> Page[Model]:
        """Some of the rows, and how many there are.

        One statement finds both, so they belong together.
        """
        if paging.limit < 1:
            raise ValueError(f"A page has at least one row, so its limit is not {paging.limit}.")
        keys = self._keys(where, order_by)
        total = self._count(where).scalar_subquery().correlate(None)
        statement = self._select(where, load).add_columns(total)
        statement = statement.order_by(*(key.clause() for key in keys))
        found = await self._execute(statement.limit(paging.limit).offset(paging.offset))
        rows = found.all()
        if rows:
            return page_of([row[0] for row in rows], rows[0][1], paging)
        # Rows that came meanwhile are not on this page, so they are not counted either.
        counted = await self.count(*where) if paging.offset else 0
        return page_of([], min(counted, paging.offset), paging)

    async def cursor_page(
        self,
        paging: CursorRequest,
        *where: Criterion[Model],
        order_by: OrderBy[Model] = None,
        load: Load = (),
    ) -> CursorPage[Model]:
        """Some of the rows, and cursors for those before and after them.

        Nothing is counted, and a row that comes or goes moves no other one to another page.
        """
        keys = self._keys(where, order_by)
        cursors = Cursors(self.model, keys, self._dialect)
        place = (
            Place((), is_backward=False) if paging.cursor is None else cursors.read(paging.cursor)
        )
        if place.is_backward:
            keys = tuple(key.reversed() for key in keys)
        labelled = (key.raw().label(f"key_{index}") for index, key in enumerate(keys))
        statement = self._select(where, load).add_columns(*labelled)
        if place.values:
            statement = statement.where(after(keys, place.values))
        statement = statement.order_by(*(key.clause() for key in keys)).limit(paging.limit + 1)
        rows = (await self._execute(statement)).all()
        has_further = len(rows) > paging.limit
        rows = rows[: paging.limit]
        if place.is_backward:
            rows = rows[::-1]
        has_next = place.is_backward or has_further
        has_previous = has_further if place.is_backward else bool(place.values)
        return cursor_page_of(
            [row[0] for row in rows],
            cursors.write(rows[-1][1:], is_backward=False) if rows and has_next else None,
            cursors.write(rows[0][1:], is_backward=True) if rows and has_previous else None,
            paging,
        )

    async def stream(
        self,
        *where: Criterion[Model],
        order_by: OrderBy[Model] = None,
        load: Load = (),
        batch: int = 500,
    ) -> AsyncIterator[Model]:
        """One row after the other, *batch* of them in memory."""
        keys = self._keys(where, order_by)
        statement = self._select(where, load).order_by(*(key.clause() for key in keys))
        rows = await self.session.stream_scalars(statement.execution_options(yield_per=batch))
        try:
            async for row in rows:
                yield row
        finally:
            await rows.close()

    async def count(self, *where: Criterion[Model]) -> int:
        """How many rows meet the conditions."""
        found: int = (await self._execute(self._count(where))).scalar_one()
        return found

    async def exists(self, *where: Criterion[Model]) -> bool:
        """Whether a row meets the conditions."""
        inner = select(1).select_from(self.model).where(*self._criteria(where))
        return bool((await self._execute(select(inner.exists()))).scalar_one())

    # --- writing -----------------------------------------------------------------------------

    async def create(self, data: Data | Model | None = None, /, **values: Any) -> Model:
        """Add a row: from a Pydantic model, a mapping or an object, and keywords over it."""
        instance = self._made(data, values)
        self.session.add(instance)
        await self.session.flush()
        await refresh(self.session, instance)
        return instance

    async def create_many(self, items: Iterable[Data | Model]) -> builtins.list[Model]:
        """Add several rows by as few statements as possible."""
        instances = [self._made(item, {}) for item in items]
        self.session.add_all(instances)
        await self.session.flush()
        for instance in instances:
            await refresh(self.session, instance)
        return instances

    async def update(self, instance: Model, data: Data | None = None, /, **values: Any) -> Model:
        """Change a row: of a Pydantic model, what was given counts (`exclude_unset`)."""
        if instance not in self.session:
            raise ForeignRowError(self.model.__name__)
        for name, value in read_values(self.model, data, values, only_set=True).items():
            setattr(instance, name, value)
        outdated = outdated_relations(instance)
        await self.session.flush()
        await refresh(self.session, instance, outdated)
        return instance

    async def upsert(
        self, data: Data | None = None, /, *, by: Sequence[str] = (), **values: Any
    ) -> Model:
        """Add a row, or change the one that has the same values in the columns *by*.

        These must be the primary key, as they are if none are named, or be unique.  It is one
        statement, so nobody comes in between.
        """
        found = read_values(self.model, data, values, only_set=False)
        statement = upsert_statement(self.model, found, by, self._dialect)
        statement = statement.returning(self.model).options(*self._options(()))
        rows = await self._execute(statement, execution_options={"populate_existing": True})
        instance: Model = rows.scalars().one()
        return instance

    async def delete(self, instance: Model) -> None:
        """Delete a row."""
        await self.session.delete(instance)
        await self.session.flush()
