import pytest

from bench.cases import CASES
from bench.comparing import compare
from bench.driver import Answer

CASE = CASES[0]
FASTAPIS = Answer(200, [("content-type", "application/json")], '{"a":1}')


@pytest.mark.parametrize(
    "other",
    [
        Answer(201, FASTAPIS.headers, FASTAPIS.body),
        Answer(200, [], FASTAPIS.body),
        Answer(200, FASTAPIS.headers, '{"a": 1}'),
    ],
    ids=["status", "headers", "body"],
)
@pytest.mark.parametrize("name", ["pronghorn", "floor", "old"])
def test_another_byte_stops_the_bench(name, other):
    with pytest.raises(SystemExit, match=f"{name} does not answer {CASE.name} as FastAPI does"):
        compare(CASE, {"fastapi": FASTAPIS, name: other})


def test_other_frameworks_may_write_the_same_content_otherwise():
    compare(CASE, {"fastapi": FASTAPIS, "litestar": Answer(200, [], '{"a": 1}')})


def test_other_frameworks_must_answer_the_same_content():
    with pytest.raises(SystemExit, match="litestar does not answer"):
        compare(CASE, {"fastapi": FASTAPIS, "litestar": Answer(200, [], '{"a": 2}')})
