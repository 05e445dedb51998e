"""The figures of a run, and its differences for people to read."""

from collections import Counter

from wire.comparison import Difference, Findings
from wire.requesting import Answer

SHOWN_BYTES = 1500


def write_difference(difference: Difference) -> str:
    """Show a request with both answers; of those, what differs."""
    request = difference.request
    lines = [
        f"=== {request.application}: {request.why}; differs in {', '.join(difference.aspects)}",
        show(request.written()),
        f"--- FastAPI: {difference.theirs.status}",
        *show_aspects(difference.theirs, difference.aspects),
        f"--- Pronghorn: {difference.ours.status}",
        *show_aspects(difference.ours, difference.aspects),
        "",
    ]
    return "\n".join(lines)


def show_aspects(answer: Answer, aspects: tuple[str, ...]) -> list[str]:
    """Show those parts of an answer."""
    lines = [f"fault: {answer.fault}"] if answer.fault else []
    if "headers" in aspects:
        lines += [f"{show(name)}: {show(value)}" for name, value in answer.headers]
    if "body" in aspects:
        lines.append(show(answer.body))
    if "events" in aspects:
        lines += [" | ".join(events) for events in answer.events]
    return lines


def show(data: bytes) -> str:
    """Show bytes as text, cut where they are many."""
    text = data[:SHOWN_BYTES].decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    more = len(data) - SHOWN_BYTES
    return f"{text}… and {more} bytes" if more > 0 else text


def print_table(findings: Findings) -> None:
    """Print requests and differences, a line for each application."""
    unlisted = Counter(difference.request.application for difference in findings.unlisted)
    print(f"\n{'application':<52}{'requests':>10}{'listed':>10}{'unlisted':>10}")
    for name, count in sorted(findings.requests.items()):
        print(f"{name:<52}{count:>10}{findings.meant[name]:>10}{unlisted[name]:>10}")
    print()
    for status, count in sorted(findings.statuses.items()):
        print(f"answered {status or 'with nothing':<44}{count:>10}")
    print()
    for text, count in findings.occurred.most_common():
        print(f"{count:>6}  {text}")
