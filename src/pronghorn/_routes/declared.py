"""What a route asks for and what answers for it, and what others put in the place of either.

Third parties edit the `dependant` of a route, and give it an `app` of their own.  A route
of which nobody asked for the one nor set the other knows nothing of this.
"""

from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from pronghorn._pipeline.declaration import Dependency
from pronghorn._serve.target import forget
from pronghorn.dependencies.models import Dependant

if TYPE_CHECKING:
    from pronghorn.retries import Retry


class Declared:
    """A declaration that may be edited, and an application that may be exchanged."""

    _declaration: Dependency
    _dependant: Dependant | None = None
    _dependant_before: Dependant | None = None
    _app_before: ASGIApp | None = None
    assigned_app: ASGIApp | None = None
    """What somebody set as `app`: it answers instead of all that is compiled."""
    own_app: ASGIApp
    """The application that answers requests to this route alone."""
    _embed_body_fields: bool = False
    _retry: "Retry | None" = None
    """After what it is tried again; only operations are."""
    _query_budget: int | None = None

    @property
    def declaration(self) -> Dependency:
        """What its author asked for; with the changes of others once they have the dependant."""
        return self._declaration if self._dependant is None else self._dependant.declaration()

    @declaration.setter
    def declaration(self, declaration: Dependency) -> None:
        self._declaration = declaration

    @property
    def dependant(self) -> Dependant:
        """The declaration under FastAPI's names: what is changed in it counts.

        A change counts from the next time that the route is compiled, which is after it was
        first asked for, and when overrides change.
        """
        if self._dependant is not None:
            return self._dependant
        # Of two threads that ask first, both get the same one.
        kept: Dependant = vars(self).setdefault("_dependant", Dependant.of(self._declaration))
        forget(self)
        return kept

    @dependant.setter
    def dependant(self, dependant: Dependant) -> None:
        self._dependant_before, self._dependant = self._dependant, dependant
        forget(self)

    @dependant.deleter
    def dependant(self) -> None:
        # `mock.patch.object` deletes what it has set.
        self._dependant = self._dependant_before
        forget(self)

    @property
    def app(self) -> ASGIApp:
        """The application that answers requests to this route alone; another may be set."""
        return self.own_app if self.assigned_app is None else self.assigned_app

    @app.setter
    def app(self, app: ASGIApp) -> None:
        self._app_before, self.assigned_app = self.assigned_app, app
        forget(self)

    @app.deleter
    def app(self) -> None:
        self.assigned_app = self._app_before
        forget(self)

    def forget_handler(self) -> None:
        """Let the handler of its own be made once more, if it has one."""
