"""What two answers that differ on purpose still have in common.

An entry of `differences.toml` names one or more of these, where the text of an answer can be said
no better by a pattern.  Each takes FastAPI's answer and ours, and tells whether they are as alike
as they have to be.
"""

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from wire.requesting import Answer

REASON_LIMIT = 123
"""Bytes of the reason in a close frame: RFC 6455, section 5.5."""
BODY = "> body"
CLOSED = "< websocket.close 1008 "
CUT = "…"
SIZE = re.compile(r"^(< body of) \d+")
LEFT_OUT = re.compile(r"(\d+) more errors are not shown")
ERROR_KEYS = {"type", "loc", "msg"}
MORE_ERROR_KEYS = {"input", "ctx"}
TITLE = re.compile(r"<title>(.*?)</title>")
# Where the document is, where a login comes back to, and each option of Swagger UI.
SETTING = re.compile(r"spec-url=\S+|^\s*(?:o?\w*[uU]rl: .*|\"\w+\": .*)$", re.MULTILINE)
LOADED = re.compile(r"(?:src|href)=\"([^\"]*)\"")


def has_same_events(theirs: Answer, ours: Answer) -> bool:
    """The same happened, but for how long the body is; and that is what was announced."""
    return without_sizes(theirs) == without_sizes(ours) and has_true_length(ours)


def without_sizes(answer: Answer) -> list[list[str]]:
    return [[SIZE.sub(r"\1", event) for event in events] for events in answer.events]


def has_true_length(answer: Answer) -> bool:
    """As many bytes were given to the server as the header says."""
    sizes = [SIZE.match(event) for events in answer.events for event in events]
    sent = sum(int(size[0].split()[-1]) for size in sizes if size)
    lengths = [value for name, value in answer.headers if name.lower() == b"content-length"]
    return lengths in ([], [b"%d" % sent])


def is_refusal(theirs: Answer, ours: Answer) -> bool:
    """Ours is what a request is told that fails validation; FastAPI failed at writing that."""
    if not is_list_of_errors(read_details(ours)):
        return False
    if (b"content-type", b"application/json") not in ours.headers or not has_true_length(ours):
        return False
    happened, also = (
        [event for events in answer.events for event in events] for answer in (theirs, ours)
    )
    read = happened.index(BODY) + 1 if BODY in happened else 0
    return (
        happened[:read] == also[:read]
        and [event for event in also if event.startswith("< start")] == ["< start 422"]
        and not any("raised" in event for event in also)
    )


def read_details(answer: Answer) -> Any:
    document = read_json(answer)
    is_one = isinstance(document, dict) and document.keys() == {"detail"}
    return document["detail"] if is_one else None


def read_json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def is_list_of_errors(details: Any) -> bool:
    return (
        isinstance(details, list)
        and bool(details)
        and all(
            isinstance(error, dict)
            and error.keys() >= ERROR_KEYS
            and error.keys() <= ERROR_KEYS | MORE_ERROR_KEYS
            and isinstance(error["loc"], list)
            and bool(error["loc"])
            for error in details
        )
    )


def is_cut(theirs: Answer, ours: Answer) -> bool:
    """Ours are the first of FastAPI's errors, and says how many more there are."""
    all_of_them, shown = read_details(theirs), read_details(ours)
    if not (shown and all_of_them and len(ours.body) <= 256 * 1024):
        return False
    *first, last = shown
    said = LEFT_OUT.fullmatch(last.get("msg", ""))
    return (
        bool(first)
        and first == all_of_them[: len(first)]
        and last.get("type") == "errors_left_out"
        and said is not None
        and int(said[1]) == len(all_of_them) - len(first)
    )


def has_same_page(theirs: Answer, ours: Answer) -> bool:
    """The page has the same title and settings, and loads files of the application alone."""
    pages = [answer.body.decode() for answer in (theirs, ours)]
    settings = [
        sorted(found.strip().rstrip(",>") for found in SETTING.findall(page)) for page in pages
    ]
    loaded = LOADED.findall(pages[1])
    return (
        TITLE.findall(pages[0]) == TITLE.findall(pages[1]) != []
        and settings[0] == settings[1] != []
        and any(".js" in address for address in loaded)
        and all(re.match("/[^/]", address) for address in loaded)
    )


def lacks_removed(theirs: Answer, ours: Answer) -> bool:
    """The documents are the same, but for the route that was removed."""
    document, own = read_json(theirs), read_json(ours)
    if document is None or own is None or document["paths"].pop("/shrinking/removed", None) is None:
        return False
    # As text, since the order of what is there counts, too.
    return json.dumps(document) == json.dumps(own)


def has_first_operation_id(theirs: Answer, ours: Answer) -> bool:
    """The documents are the same, but for the operation ids, which are of the first method."""
    document, own = read_json(theirs), read_json(ours)
    if document is None or own is None:
        return False
    for operation in document["paths"]["/any"].values():
        operation["operationId"] = "several_any_delete"
    return json.dumps(document) == json.dumps(own)


def has_reason_as_json(theirs: Answer, ours: Answer) -> bool:
    """The reason of ours is FastAPI's list as JSON, cut if it is too long; the rest is the same."""
    events, also = ([event for events in a.events for event in events] for a in (theirs, ours))
    if len(events) != len(also):
        return False
    pairs = [(had, has) for had, has in zip(events, also, strict=True) if had != has]
    return bool(pairs) and all(
        had.startswith(CLOSED)
        and has.startswith(CLOSED)
        and is_same_reason(had.removeprefix(CLOSED), has.removeprefix(CLOSED))
        for had, has in pairs
    )


def is_same_reason(theirs: str, ours: str) -> bool:
    try:
        errors, reason = ast.literal_eval(theirs), ast.literal_eval(ours)
    except (SyntaxError, ValueError):
        return False
    if not isinstance(reason, str) or not isinstance(errors, list):
        return False
    wanted = json.dumps(errors, ensure_ascii=False, separators=(",", ":"))
    if len(wanted.encode()) <= REASON_LIMIT:
        return reason == wanted
    size = len(reason.encode())
    # A character of several bytes may not fit whole.
    is_full = REASON_LIMIT - 3 <= size <= REASON_LIMIT
    return is_full and reason.endswith(CUT) and wanted.startswith(reason.removesuffix(CUT))


ALIKE: dict[str, Callable[[Answer, Answer], bool]] = {
    "the same events": has_same_events,
    "a refusal": is_refusal,
    "the first errors": is_cut,
    "the same page": has_same_page,
    "the document without the removed route": lacks_removed,
    "the document with the first operation id": has_first_operation_id,
    "the reason as JSON": has_reason_as_json,
}
