"""The seed's first application."""

import pytest
from seed.blocks import run_block

from pronghorn import FastAPI
from pronghorn.testclient import TestClient


@pytest.fixture
def app() -> FastAPI:
    app: FastAPI = run_block("Basic Application").app
    return app


def test_it_starts_up_answers_and_shuts_down(app, capsys):
    with TestClient(app) as client:
        assert capsys.readouterr().out == "Starting up...\n"
        response = client.get("/")
        assert (response.status_code, response.json()) == (200, {"message": "Hello World"})
        assert capsys.readouterr().out == ""
    assert capsys.readouterr().out == "Shutting down...\n"


def test_its_document_says_what_it_is(app):
    document = TestClient(app).get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["info"] == {
        "title": "My API",
        "description": "API description",
        "version": "1.0.0",
    }
    assert document["paths"]["/"]["get"]["summary"] == "Root"


def test_it_is_pronghorns_own(app):
    assert type(app) is FastAPI
