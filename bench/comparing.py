"""Answers are compared before anything is timed: a difference stops the bench."""

import json
from collections.abc import Mapping

from bench.cases import Case
from bench.driver import Answer
from bench.subjects import SUBJECTS


def compare(case: Case, answers: Mapping[str, Answer]) -> None:
    """Stop the bench if somebody answers otherwise than FastAPI.

    Args:
        case: what was asked.
        answers: by subject, FastAPI's among them.
    """
    wanted = answers["fastapi"]
    for name, found in answers.items():
        if not (is_same_work(found, wanted) if SUBJECTS[name].is_peer else found == wanted):
            raise SystemExit(
                f"bench: {name} does not answer {case.name} as FastAPI does, so nothing is timed."
                f"\n  FastAPI: {wanted}\n  {name}: {found}"
            )


def is_same_work(found: Answer, wanted: Answer) -> bool:
    """Tell whether another framework did what FastAPI did; it words its own refusals."""
    if found.status != wanted.status:
        return False
    return found.status >= 400 or bool(json.loads(found.body) == json.loads(wanted.body))
