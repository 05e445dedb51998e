"""What `explain` prints of a tree of dependencies."""

from typing import Annotated

from pronghorn import Depends, FastAPI, Query
from pronghorn.doctor.explain import explain


def declaration_of(app):
    return explain(app, "GET", "/").partition("# Declaration\n")[2].partition("\n\n# Plan")[0]


def test_a_shared_dependency_is_explained_once_and_referred_to():
    app = FastAPI()

    def settings():
        return {}

    def session(url: Annotated[str, Query()], settings=Depends(settings)): ...

    def user(session=Depends(session)): ...

    @app.get("/")
    def read(user=Depends(user), session=Depends(session), settings=Depends(settings)): ...

    assert declaration_of(app).splitlines()[:8] == [
        "read()  [function]",
        "  user = user()  [function]",
        "    session = session()  [function]",
        "      url: str from query",
        "      settings = settings()  [function]",
        "  session = session()  [function]  as above",
        "  settings = settings()  [function]",
        "answers 200 application/json",
    ]


def test_the_text_does_not_grow_with_the_ways_to_a_dependency():
    def first(n: int): ...

    def twice(below):
        def combine(a=Depends(below), b=Depends(below)): ...

        return combine

    def lines(depth):
        app, last = FastAPI(), first
        for _ in range(depth):
            last = twice(last)
        app.add_api_route("/", last)
        return len(declaration_of(app).splitlines())

    assert lines(12) - lines(11) == lines(2) - lines(1)


def test_the_type_of_an_annotated_answer_is_explained():
    app = FastAPI()
    app.get("/", response_model=Annotated[list[int], "words"])(lambda: [1])
    assert declaration_of(app).splitlines()[-1] == "answers 200 application/json list"
