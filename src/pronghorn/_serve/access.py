"""The access log: one record for each request and each WebSocket, and an id for it.

It is the outermost layer, so it sees whatever is answered: by routes, by middleware, or because
something failed.  Only applications that ask for it have it.
"""

import json
import logging
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Protocol
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.metering import Meter, metered

logger = logging.getLogger("pronghorn.access")
LOGGED = "pronghorn.logged"
"""Set in the scope by the outermost application that logs the request."""
REQUEST_ID = b"x-request-id"
is_id = re.compile(rb"[!-~]{1,128}").fullmatch
"""Whether an id can be taken over: what is not visible would be hard to find, or forge lines."""
Fields = Mapping[str, Any]


class Owner(Protocol):
    """The application that logs."""

    def path_template(self, scope: Scope) -> str | None: ...


class AccessLog:
    """A layer that logs what is within, in the form *form*."""

    def __init__(self, app: ASGIApp, owner: Owner, form: str) -> None:
        self.app = app
        self.owner = owner
        self.write = FORMS[form]
        make_visible()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or LOGGED in scope:
            await self.app(scope, receive, send)
            return
        request_id = scope[LOGGED] = request_id_in(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        with metered() as meter:
            kind = Exchange if scope["type"] == "http" else Conversation
            seen = kind(self, scope, receive, send, request_id, meter)
            try:
                await self.app(scope, seen.receive, seen.send)
            except BaseException as error:
                seen.fail(error)
                raise
            finally:
                seen.finish()

    def log(self, fields: Fields) -> None:
        if logger.isEnabledFor(logging.INFO):
            logger.info(self.write(fields), extra=fields)


class Seen(ABC):
    """What is seen of one request or WebSocket."""

    status: int | None = None
    is_client_gone = False
    is_broken_off = False
    is_finished = False

    def __init__(
        self,
        layer: AccessLog,
        scope: Scope,
        receive: Receive,
        send: Send,
        request_id: str,
        meter: Meter,
    ) -> None:
        self.began = perf_counter()
        self.layer = layer
        self.scope = scope
        self.root_path = scope.get("root_path", "")
        self.receive_inner = receive
        self.send_inner = send
        self.request_id = request_id
        self.meter = meter

    def with_id(self, message: Message) -> Message:
        """*message*, which begins an answer, with the id of the request as its header."""
        headers = [pair for pair in message.get("headers") or () if pair[0].lower() != REQUEST_ID]
        return {**message, "headers": [*headers, (REQUEST_ID, self.request_id.encode())]}

    @abstractmethod
    def fail(self, error: BaseException) -> None:
        """Note what ended it."""

    def finish(self) -> None:
        """Log it, once."""
        if self.is_finished:
            return
        self.is_finished = True
        seconds = perf_counter() - self.began
        database = self.meter.database
        fields: dict[str, Any] = {
            "method": self.scope.get("method", "WEBSOCKET"),
            "route": self.route(),
            "status": self.status,
            "ms": round(seconds * 1000, 1),
            "queries": database.count,
            "database_ms": round(database.seconds * 1000, 1),
            "request_id": self.request_id,
            **self.more(),
        }
        self.layer.log(fields)

    def more(self) -> dict[str, Any]:
        flags = {"client_gone": self.is_client_gone, "broken_off": self.is_broken_off}
        return {name: True for name, is_so in flags.items() if is_so}

    def route(self) -> str | None:
        """The path of the route, as it was written."""
        scope = self.scope
        route = scope.get("route")
        view = scope.get("fastapi", {}).get("effective_route_context", route)
        path: str | None = getattr(view, "path", None)
        # A mount knows the half of it, and a middleware may have passed on another scope.
        if path and scope.get("root_path", "") == self.root_path:
            return path
        try:
            return self.layer.owner.path_template(scope)
        except Exception:  # noqa: BLE001 - matching may be what failed, and the record is due
            return None


class Exchange(Seen):
    """A request and its answer."""

    is_complete = False

    async def receive(self) -> Message:
        message = await self.receive_inner()
        if message["type"] == "http.disconnect" and not self.is_complete:
            self.is_client_gone = True
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self.status = message["status"]
            message = self.with_id(message)
        try:
            await self.send_inner(message)
        except OSError:
            # ASGI: this is how servers tell that nobody is there any more.
            self.is_client_gone = True
            raise
        if kind in ENDS and not message.get("more_body", False):
            self.is_complete = True
            self.finish()

    def fail(self, error: BaseException) -> None:
        if self.is_complete or self.is_client_gone:
            return
        if self.status is not None:
            self.is_broken_off = True
        elif isinstance(error, Exception):
            # The server answers.
            self.status = 500
        else:
            self.is_broken_off = True


ENDS = frozenset({"http.response.body", "http.response.pathsend", "http.response.zerocopysend"})
"""Messages that may be the last ones of an answer."""


class Conversation(Seen):
    """A WebSocket, from its beginning to its end."""

    code: int | None = None

    async def receive(self) -> Message:
        message = await self.receive_inner()
        if message["type"] == "websocket.disconnect" and self.code is None:
            self.code = message.get("code", 1005)
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.accept":
            self.status = 101
            message = self.with_id(message)
        elif kind == "websocket.http.response.start":
            self.status = message["status"]
            message = self.with_id(message)
        elif kind == "websocket.close":
            if self.status is None:
                # ASGI: a connection that is closed before it was accepted is refused.
                self.status = 403
            elif self.code is None:
                self.code = message.get("code", 1000)
        try:
            await self.send_inner(message)
        except OSError:
            # As of a request.
            self.is_client_gone = True
            raise

    def fail(self, error: BaseException) -> None:
        if self.code is not None or self.is_client_gone:
            return
        self.is_broken_off = True
        if self.status is None and isinstance(error, Exception):
            self.status = 500

    def more(self) -> dict[str, Any]:
        return {**({} if self.code is None else {"code": self.code}), **super().more()}


def request_id_in(scope: Scope) -> str:
    """The id that the client gave, or a new one."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID:
            if is_id(value):
                return str(value, "ascii")
            break
    return uuid4().hex


# --- how it is written -----------------------------------------------------------------------


def as_text(fields: Fields) -> str:
    known = dict(fields)
    words = [known.pop("method"), known.pop("route") or "-", known.pop("status") or "-"]
    first = f"{visible(words[0])} {words[1]} {words[2]} {known.pop('ms')}ms"
    return " ".join([first, *(f"{name}={value}" for name, value in known.items())])


def visible(method: str) -> str:
    """*method*, unless it holds what would look like more than one word: servers may pass it on."""
    return method if method.isascii() and method.isalpha() else repr(method)


def as_json(fields: Fields) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": now, **fields}, ensure_ascii=False)


FORMS: Mapping[str, Callable[[Fields], str]] = {"text": as_text, "json": as_json}


def make_visible() -> None:
    """Write the log to the standard output, unless somebody has said where logs go."""
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        # Many say so in the lifespan, which comes later.
        handler.addFilter(lambda _: not has_others(handler))
        logger.addHandler(handler)


def has_others(own: logging.Handler) -> bool:
    """Whether somebody else hears of the log than *own*."""
    above = logger.parent if logger.propagate else None
    return logger.handlers != [own] or (above is not None and above.hasHandlers())
