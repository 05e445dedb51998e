"""The responses that need another JSON library."""

import subprocess
import sys
import types

import pytest

from pronghorn.exceptions import DeclarationError, FastAPIDeprecationWarning
from pronghorn.responses import ORJSONResponse, UJSONResponse


@pytest.fixture
def fake_libraries(monkeypatch):
    orjson = types.ModuleType("orjson")
    orjson.OPT_NON_STR_KEYS, orjson.OPT_SERIALIZE_NUMPY = 1, 2
    orjson.dumps = lambda content, option: f"{content} {option}".encode()
    ujson = types.ModuleType("ujson")
    ujson.dumps = lambda content, ensure_ascii: f"{content} {ensure_ascii}"
    monkeypatch.setitem(sys.modules, "orjson", orjson)
    monkeypatch.setitem(sys.modules, "ujson", ujson)


@pytest.mark.usefixtures("fake_libraries")
def test_they_write_by_their_library_and_warn():
    with pytest.warns(FastAPIDeprecationWarning, match="ORJSONResponse is deprecated"):
        assert ORJSONResponse(1).body == b"1 3"
    with pytest.warns(FastAPIDeprecationWarning, match="UJSONResponse is deprecated"):
        assert UJSONResponse("é").body == "é False".encode()


@pytest.mark.parametrize("kind", [ORJSONResponse, UJSONResponse])
def test_without_their_library_they_say_what_to_install(kind, monkeypatch):
    name = kind.__name__.removesuffix("Response").lower()
    monkeypatch.setitem(sys.modules, name, None)
    with (
        pytest.warns(FastAPIDeprecationWarning),
        pytest.raises(DeclarationError, match=f"pip install {name}") as caught,
    ):
        kind(1)
    assert caught.value.code == "json-library"


def test_importing_the_responses_imports_no_json_library():
    code = "import sys, pronghorn.responses as _; print({'orjson', 'ujson'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
