"""What the database refused, and the answer that it gets.

Whoever has imported a name of `pronghorn.data` has these answers for all exceptions of
SQLAlchemy's that leave a route, whichever engine they come from.  A handler of the user's for the
exception, or for one of its bases but `Exception`, wins; and so do handlers for `HTTPException` and
`RequestValidationError`, which these exceptions are made into.  No answer holds SQL, a value
or a word of the driver's: they are in the log.
"""

from collections.abc import Callable
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy import Column, Dialect, Engine

from pronghorn.data.refusals.checking import check_values
from pronghorn.data.refusals.constraints import attribute_of, columns_of, model_of
from pronghorn.data.refusals.failed import Failed, failed_statement
from pronghorn.data.refusals.faults import Fault, Kind, understand
from pronghorn.data.refusals.letting_go import has_let_go
from pronghorn.data.refusals.misfits import misfits_of
from pronghorn.data.refusals.telling import tell
from pronghorn.exceptions import HTTPException, RequestValidationError, WebSocketException

Answer = HTTPException | RequestValidationError
RETRY_AFTER: Final = {"Retry-After": "1"}

UNAVAILABLE: Final[dict[Kind, str]] = {
    "away": "The database does not answer. Try again.",
    "read-only": "The database takes no changes at the moment. Try again.",
    "busy": "The database is busy. Try again.",
    "slow": "The database took too long. Try again.",
    "conflict": "Another request changed the same rows at the same time. Try again.",
}
"""What is said with a 503.

A conflict that nobody retried is one, too: nothing was wrong with the request, and the same one
will most likely succeed, which is what a client and a proxy understand by 503 with `Retry-After`.
By a 409 they understand that they have to change something.
"""

READERS: "WeakSet[Dialect]" = WeakSet()
"""The dialects of engines that only read: there a write is refused because it is a mistake."""


def listen(engine: Engine, *, is_reader: bool) -> None:
    """Know whether *engine* only reads, and hold SQLite to what columns say."""
    if is_reader:
        READERS.add(engine.dialect)
    if engine.dialect.name == "sqlite":
        check_values(engine.dialect)


# --- the answer --------------------------------------------------------------------------


def refusal(error: Exception, protocol: str) -> Exception | None:
    """The answer to *error*, if it is not the program's fault; the log is told of it."""
    answer = answer_to(error)
    if answer is None:
        return None
    if protocol == "websocket":
        is_late = isinstance(answer, HTTPException) and answer.status_code == 503
        return WebSocketException(1013 if is_late else 1008, "The database refused.")
    return answer


def answer_to(error: Exception) -> Answer | None:
    """The answer to *error*; None if it is the program's fault.  The log is told of it."""
    fault = understand(error)
    answer = None if fault is None else answer_about(error, fault)
    if fault is not None and answer is not None:
        tell(error, fault, answer)
    return answer


def is_refusal(error: Exception) -> bool:
    """Whether there is an answer to *error*."""
    fault = understand(error)
    return fault is not None and answer_about(error, fault) is not None


def answer_about(error: Exception, fault: Fault) -> Answer | None:
    failed = failed_statement(error)
    is_mistake = fault.kind == "read-only" and failed is not None and failed.dialect in READERS
    return None if is_mistake else ANSWERS[fault.kind](fault, failed)


def invalid(kind: str, message: str, *loc: str) -> dict[str, Any]:
    return {"type": kind, "loc": list(loc), "msg": message}


def unprocessable(*errors: dict[str, Any]) -> RequestValidationError:
    return RequestValidationError(errors)


def conflict(detail: str) -> HTTPException:
    return HTTPException(409, detail)


def fields_of(fault: Fault, failed: Failed | None) -> list[str]:
    return [attribute_of(column) for column in columns_of(fault, failed)]


def in_words(fields: list[str]) -> str:
    quoted = [f"`{field}`" for field in fields]
    return " and ".join(([", ".join(quoted[:-1])] if quoted[1:] else []) + quoted[-1:])


def answer_unique(fault: Fault, failed: Failed | None) -> Answer:
    fields = fields_of(fault, failed)
    about = f"the same {in_words(fields)}" if fields else "the same values"
    return conflict(f"There is one with {about} already.")


def answer_exclusion(fault: Fault, failed: Failed | None) -> Answer:
    fields = fields_of(fault, failed)
    about = f" in {in_words(fields)}" if fields else ""
    return conflict(f"It excludes, or is excluded by, another one{about}.")


def answer_reference(fault: Fault, failed: Failed | None) -> Answer:
    fields = fields_of(fault, failed)
    if is_still_referenced(fault, failed):
        return still_referenced(fields)
    message = "Input is a reference to something that does not exist"
    if not fields and failed is not None:
        fields = only_reference(failed)
    if len(fields) == 1:
        return unprocessable(invalid("reference", message, "body", fields[0]))
    about = f"{in_words(fields)}, " if fields else ""
    message = f"Input has {about}a reference to something that does not exist"
    return unprocessable(invalid("reference", message, "body"))


def still_referenced(fields: list[str]) -> Answer:
    about = f"the reference {in_words(fields)}" if fields else "a reference"
    return conflict(f"Others refer to it still, by {about}.")


def is_still_referenced(fault: Fault, failed: Failed | None) -> bool:
    """Whether a row was to be taken away that others refer to.

    PostgreSQL names the constraint of those others in both cases, and tells them apart in its own
    language only.  When a commit is refused on SQLite, nobody knows: it is a conflict.
    """
    if fault.code == "23001":
        return True
    if failed is None or not failed.writes:
        return not fault.text.startswith("insert or update on table")
    if failed.writes == "update":
        names = {getattr(column, "name", column) for column in columns_of(fault, failed)}
        is_own = not fault.table or (failed.table is not None and failed.table.name == fault.table)
        written = set(failed.written)
        if names:
            return not (is_own and names & written)
        return not written & set(referring_columns(failed))
    return failed.writes == "delete"


def referring_columns(failed: Failed) -> dict[str, Column[Any]]:
    columns = failed.table.columns if failed.table is not None else ()
    return {column.name: column for column in columns if column.foreign_keys}


def only_reference(failed: Failed) -> list[str]:
    """The one column that can be meant, since all others that refer to something are empty."""
    written = failed.written
    referring = referring_columns(failed)
    full = [name for name in referring if written.get(name) is not None]
    return [attribute_of(referring[full[0]])] if len(full) == 1 and len(failed.rows) == 1 else []


def answer_check(fault: Fault, failed: Failed | None) -> Answer:
    fields = [attribute_of(it) for it in columns_of(fault, failed) if isinstance(it, Column)]
    # SQLite gives the text of a constraint that has no name, and that is SQL.
    rule = f" `{fault.constraint}`" if fault.constraint.isidentifier() else ""
    where = ("body", fields[0]) if len(fields) == 1 else ("body",)
    return unprocessable(invalid("check", f"Input breaks the rule{rule}", *where))


def answer_missing(fault: Fault, failed: Failed | None) -> Answer:
    fields = fields_of(fault, failed)
    flush = failed.flush if failed is not None and failed.writes == "update" else None
    if flush is not None and has_let_go(flush, columns_of(fault, failed)):
        return still_referenced(fields)
    errors = [invalid("missing", "Field required", "body", field) for field in fields]
    return unprocessable(*(errors or [invalid("missing", "Field required", "body")]))


def answer_value(fault: Fault, failed: Failed | None) -> Answer | None:
    """422 with the fields; 404 if what was asked for by its key cannot be there."""
    found = [] if failed is None else misfits_of(failed, fault.text)
    if found is None:
        return None
    keys = [it.parameter.column for it in found if it.parameter.is_key]
    if keys:
        return not_found(model_of(keys[0]))
    errors = {}
    for it in found:
        field = it.parameter.clause or attribute_of(it.parameter.column)
        place = "body" if it.parameter.is_written else "query"
        where = (place, field) if field else (place,)
        errors[where] = invalid("column_value", f"Input is {it.reason}", *where)
    if not errors:
        place = "body" if failed is None or failed.writes else "query"
        text = "Input has a value that the database cannot take"
        errors[(place,)] = invalid("column_value", text, place)
    return unprocessable(*errors.values())


def answer_limits(_fault: Fault, failed: Failed | None) -> Answer | None:
    if failed is None or not any(failed.rows):
        return None
    place = "body" if failed.writes else "query"
    text = "Input has values that are too many or too long for the database"
    return unprocessable(invalid("too_long", text, place))


def answer_stale(_fault: Fault, _failed: Failed | None) -> Answer:
    return conflict("Somebody else changed it meanwhile. Read it again, and repeat the change.")


def answer_not_found(fault: Fault, _failed: Failed | None) -> Answer:
    return not_found(fault.table)


def not_found(name: str) -> HTTPException:
    return HTTPException(404, f"{name} not found" if name else "Not Found")


def answer_unavailable(fault: Fault, _failed: Failed | None) -> Answer:
    return HTTPException(503, UNAVAILABLE[fault.kind], RETRY_AFTER)


ANSWERS: Final[dict[Kind, Callable[[Fault, Failed | None], Answer | None]]] = {
    "unique": answer_unique,
    "exclusion": answer_exclusion,
    "reference": answer_reference,
    "check": answer_check,
    "missing": answer_missing,
    "value": answer_value,
    "limits": answer_limits,
    "stale": answer_stale,
    "not found": answer_not_found,
    **dict.fromkeys(UNAVAILABLE, answer_unavailable),
}
