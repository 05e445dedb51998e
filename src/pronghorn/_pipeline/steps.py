"""The steps of a plan: what can happen for one request.

A step is data.  Values are named by slots: slot 3 is what one step found and others use.
It knows nothing of ASGI and nothing of Python text.

How errors are collected: a request has a tuple of errors, empty at first, and each fallible
step may add to it.  A dependency is called only if nothing was added since its own
parameters began to be read; that moment is a `Begin`, and the call names it as its guard.
"""

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel
from starlette.responses import Response

from pronghorn._pipeline.callables import Kind
from pronghorn._pipeline.declaration import Given
from pronghorn._pipeline.fields import ModelField
from pronghorn._record import record
from pronghorn.concurrency import ConcurrencyLimit
from pronghorn.fetching import Fetcher
from pronghorn.types import DependencyCacheKey, IncEx

if TYPE_CHECKING:
    from pronghorn.budgets import Budget
    from pronghorn.retries import Retry

Life = Literal["brief", "function", "commit", "request"]
"""How long something lives: until all is ready for the endpoint of a WebSocket; until the answer
is made; until just before it is sent, unless it is a stream; until the end of the request."""
Held = Life | Literal["attempts"]
"""What is held until something is over: a scope of dependencies, or all attempts."""
Arguments = tuple[tuple[str, int], ...]
"""Names of arguments, each with the slot of its value."""


class Entry(Enum):
    """From where a request comes in, and where what was made of it goes."""

    ASGI = "scope, receive and send: the answer is sent"
    REQUEST = "a request: the answer is returned as a response"
    WEBSOCKET = "scope, receive and send of a WebSocket: the endpoint talks itself"
    VALUES = "a request or WebSocket: values and errors are returned"


class Missing(Enum):
    """What is done when a value did not arrive."""

    REFUSE = "an error"
    DEFAULT = "the default, which nobody can change"
    COPY = "a copy of the default"
    MAKE = "what the default's factory makes"
    VALIDATE = "the default, or what its factory makes, validated"


@record
class Filters:
    """What is left out when an answer is written."""

    include: IncEx | None = None
    exclude: IncEx | None = None
    by_alias: bool = True
    exclude_unset: bool = False
    exclude_defaults: bool = False
    exclude_none: bool = False


@record
class Reply:
    """How a value becomes a response."""

    response_class: type[Response]
    has_default_class: bool
    """Whether nobody chose the class; then JSON is written straight to bytes."""
    status_code: int | None = None
    model: ModelField | None = None
    filters: Filters = Filters()
    stream: Literal["json lines", "events", "chunks"] | None = None
    item: ModelField | None = None
    """The type of each thing that a stream sends."""
    is_stream: bool = False
    """Whether it is known that it is made while it is sent, as files are, too."""
    fetcher: Fetcher | None = None
    """Who fetches what the endpoint may return in place of its answer."""


@record
class BodyReading:
    """How the body of a route is read."""

    is_form: bool = False
    is_embedded: bool = False
    is_strict: bool = True
    limits: tuple[tuple[str, int], ...] = ()
    is_ignored: bool = False
    """Whether it is not read, as if none had been sent."""
    by_request: bool = False
    """Whether the request reads it, since somebody replaced the methods by which it does."""


@record
class Hold:
    """Keep what is entered from here on until `Release` of the same scope."""

    scope: Held
    has_async_cleanup: bool = False
    """Whether something may be cleaned up that a cancellation must not interrupt."""


@record
class Release:
    """Leave what was entered since `Hold`, the last first."""

    scope: Held
    is_passed_on: bool = False
    """Whether, if all went well, it is left to the one who holds for all attempts."""
    is_strict: bool = False
    """Whether an exit that fails is the end of the answer, though another one swallow its error."""


@record
class ReleaseEarly:
    """Leave what was entered since `Hold` of the scope "commit", before the answer is sent.

    If that is made while it is sent, as streams and files are, it is kept until the request's
    scope is released.
    """


@record
class Watch:
    """Have a note of this request, by which late commits are found.

    This and `NoteAnswer` are in plans in development only.
    """


@record
class NoteAnswer:
    """Note that the answer begins: what is committed from here on is committed too late."""


@record
class ReadWhole:
    """The body as one value."""

    slot: int
    field: ModelField
    missing: Missing
    is_form: bool
    is_early: bool = False
    """Whether `ReadJSON` may have made the value already."""
    is_shared: bool = False
    """Whether dependencies had the request before, so that they may have changed what it parsed."""


@record
class ReadJSON:
    """Read the body: JSON if the content type says so, else bytes."""

    is_strict: bool
    """Whether a body without content type is left as bytes."""
    by_request: bool = False
    """Whether the methods of the request are called for it."""
    early: ReadWhole | None = None
    """The step whose value is made of the bytes at once if it can, since that means the same."""


@record
class ReadForm:
    """Read the body as a form; its files are closed at the end of the request."""

    limits: tuple[tuple[str, int], ...] = ()
    by_request: bool = False
    """Whether the method of the request is called for it."""
    scope: Held = "request"
    """With which scope the files are closed."""


@record
class Begin:
    """Remember which errors there are before the subtree *node*."""

    node: int


@record
class Keep:
    """Remember which errors the subtree *node* added."""

    node: int


@record
class Repeat:
    """Add the errors of the subtree *node* once more: it was asked for once more."""

    node: int


@record
class Read:
    """One value from the path, the query, the headers or the cookies."""

    slot: int
    place: str
    names: tuple[str, ...]
    """Where it may stand; the first that arrived counts."""
    field: ModelField
    takes_many: bool
    may_be_empty: bool
    """Whether a text or list of length zero counts as arrived."""
    missing: Missing


@record
class ReadGroup:
    """The fields of a model, each from the path, the query, the headers or the cookies."""

    slot: int
    place: str
    field: ModelField
    model: type[BaseModel]


@record
class ReadParts:
    """Several values from one body: keys of an object, or fields of a form."""

    slots: Arguments
    fields: tuple[ModelField, ...]
    is_form: bool


@record
class Give:
    """What is there without reading: the request and its like."""

    slot: int
    given: Given
    scopes: tuple[str, ...] = ()


@record
class Memory:
    """Where a value is remembered for others, in the cache that whoever wants values hands in."""

    key: DependencyCacheKey
    is_read: bool
    """Whether a value that is there already is taken."""


@record
class Call:
    """Call a function, in a thread unless it is a coroutine function or surely never waits."""

    slot: int
    function: Callable[..., Any]
    arguments: Arguments
    is_async: bool
    limit: ConcurrencyLimit | None = None
    guard: int | None = None
    memory: Memory | None = None
    may_block: bool = True


@record
class Enter:
    """Run a generator to its `yield`; the rest runs when its scope is released."""

    slot: int
    function: Callable[..., Any]
    arguments: Arguments
    is_async: bool
    scope: Life
    limit: ConcurrencyLimit | None = None
    guard: int | None = None
    memory: Memory | None = None
    is_brief: bool = False
    """Whether it is a resource that must have ended well before there is an answer."""


@record
class Check:
    """Refuse the request if there are errors."""

    has_body: bool = False


@record
class Answer:
    """Call the endpoint, and make a response of what it returns."""

    function: Callable[..., Any]
    arguments: Arguments
    kind: Kind
    reply: Reply
    has_spans: bool = False
    """Whether the call, and the writing of what it returns, are told to OpenTelemetry."""
    is_checked_in_thread: bool = False
    """Whether a blocking endpoint's result is checked in the thread that it came from."""


@record
class Return:
    """Return the response to who called with a request."""


@record
class Attempt:
    """Try all steps before `EndAttempt`; if they fail, perhaps once more, and from here on."""

    retry: "Retry"


@record
class EndAttempt:
    """What was tried has gone well."""


@record
class Measure:
    """Note from here on until `EndMeasure` what is sent to databases."""

    budget: "Budget"


@record
class CheckBudget:
    """Tell of a request that has sent more than its budget says."""


@record
class EndMeasure:
    """What is sent from here on is not noted."""


@record
class Talk:
    """Call the endpoint of a WebSocket."""

    function: Callable[..., Any]
    arguments: Arguments


@record
class Collect:
    """Return the values by name, and the errors."""

    values: Arguments


@record
class Solve:
    """Let what is called `solve_dependencies` now have all values, and find the errors.

    This and the other open steps look up FastAPI's private names, which others may replace,
    on the module *names* at the time of the request.
    """

    names: Any
    dependant: Any
    overrides_provider: Any
    is_embedded: bool


@record
class OpenAnswer:
    """Like `Answer`, by what is called `run_endpoint_function` and `serialize_response` now."""

    names: Any
    dependant: Any
    kind: Kind
    reply: Reply
    has_spans: bool = False


@record
class OpenTalk:
    """Like `Talk`, with the values that `Solve` had."""

    dependant: Any


@record
class Show:
    """Show what there is to whoever observes the request.

    This and the other told steps are in plans only while OpenTelemetry hears of requests.
    """

    what: Literal["connection", "body"]


@record
class ShowValues:
    """Show the arguments that the endpoint will be called with, and the errors."""

    values: Arguments


@record
class ShowSolved:
    """Like `ShowValues`, with the values that `Solve` had."""


@record
class Span:
    """Begin a span that lasts until `EndSpan`."""

    name: str
    function: Callable[..., Any]


@record
class EndSpan:
    """End the span that was begun last."""


@record
class Mind:
    """Note a refusal that is raised before `EndMind`."""


@record
class EndMind:
    """What is raised from here on is not noted."""


@record
class Send:
    """Send the response, then run the background tasks."""


@record
class RunTasks:
    """Run the background tasks, after the endpoint of a WebSocket."""


Told = Show | ShowValues | ShowSolved | Span | EndSpan | Mind | EndMind
"""The steps that are there for OpenTelemetry."""

Step = (
    Hold
    | Release
    | ReleaseEarly
    | Watch
    | NoteAnswer
    | ReadJSON
    | ReadForm
    | Begin
    | Keep
    | Repeat
    | Read
    | ReadGroup
    | ReadWhole
    | ReadParts
    | Give
    | Call
    | Enter
    | Check
    | Answer
    | Return
    | Attempt
    | EndAttempt
    | Measure
    | CheckBudget
    | EndMeasure
    | Talk
    | Collect
    | Solve
    | OpenAnswer
    | OpenTalk
    | Told
    | Send
    | RunTasks
)
