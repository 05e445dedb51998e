"""What an editor shows of the options, asked of pyright's language server.

An editor is where most people read an option's text, so name, type, default and text must
be there: in completion, in the hover of a call and of an option, and in signature help.
"""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from pronghorn import APIRouter, FastAPI, Query

SOURCE = Path(__file__).parents[2] / "src"

CALLS = {
    "FastAPI": FastAPI,
    "app.get": FastAPI.get,
    "app.include_router": FastAPI.include_router,
    "router.add_api_route": APIRouter.add_api_route,
    "APIRouter": APIRouter,
    "Query": Query,
}


def list_options(call):
    parameters = inspect.signature(call).parameters.values()
    return {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY}


def read_text(parameter):
    return get_args(parameter.annotation)[1].documentation


class LanguageServer:
    """A language server on its standard streams, with one document."""

    def __init__(self, folder, text):
        self.text = text
        self.document = {"uri": (folder / "user.py").as_uri()}
        self.diagnostics = None
        self.count = 0
        (folder / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(SOURCE)]}))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        markdown = ["markdown"]
        self.ask(
            "initialize",
            processId=None,
            rootUri=folder.as_uri(),
            workspaceFolders=[{"uri": folder.as_uri(), "name": "user"}],
            capabilities={
                "workspace": {"configuration": True},
                "textDocument": {
                    "hover": {"contentFormat": markdown},
                    "signatureHelp": {"signatureInformation": {"documentationFormat": markdown}},
                },
            },
        )
        self.send(method="initialized", params={})
        document = {**self.document, "languageId": "python", "version": 1, "text": text}
        self.send(method="textDocument/didOpen", params={"textDocument": document})

    def close(self):
        self.process.kill()
        self.process.communicate()

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        message = json.loads(self.process.stdout.read(length))
        if message.get("method") == "workspace/configuration":
            settings = {"python": {"pythonPath": sys.executable}}
            items = [settings.get(item["section"], {}) for item in message["params"]["items"]]
            self.send(id=message["id"], result=items)
        elif "id" in message and "method" in message:
            self.send(id=message["id"], result=None)
        elif message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics = message["params"]["diagnostics"]
        return message

    def ask(self, method, **params):
        self.count += 1
        self.send(id=self.count, method=method, params=params)
        while True:
            message = self.receive()
            if message.get("id") == self.count and "method" not in message:
                return message["result"]

    def ask_at(self, method, marker, after):
        """Ask about the place that is `after` characters behind the start of `marker`."""
        place = self.text.index(marker) + after
        line = self.text.count("\n", 0, place)
        character = place - (self.text.rfind("\n", 0, place) + 1)
        position = {"line": line, "character": character}
        return self.ask(f"textDocument/{method}", textDocument=self.document, position=position)

    def hover(self, marker, after):
        return self.ask_at("hover", marker, after)["contents"]["value"]


def write_document():
    lines = [
        "from typing import Any",
        "from pronghorn import APIRouter, FastAPI, Query",
        "app = FastAPI()",
        "router = APIRouter()",
        "value: Any = None",
    ]
    for call, function in CALLS.items():
        lines += [f"{call}()"]
        lines += [f"{call}({name}=value)" for name in list_options(function)]
    lines += [
        "app.get('/', status_cod=201)",
        "app.get('/', status_code='created')",
        "Query(gtt=3)",
        "FastAPI(titel='Shop')",
        "@app.get('/', status_code=201)",
        "def read(q: int = Query(1, gt=0)) -> list[int]: ...",
        "reveal_type(read)",
    ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = LanguageServer(tmp_path_factory.mktemp("editor"), write_document())
    yield server
    server.close()


def plain(markdown):
    """Undo what the server does to a docstring to make it Markdown."""
    return re.sub(r"\\(.)", r"\1", markdown.replace("&nbsp;", " "))


@pytest.mark.parametrize("call", CALLS)
def test_completion_offers_every_option(server, call):
    found = server.ask_at("completion", f"{call}()", len(call) + 1)
    offered = {item["label"] for item in found["items"]}
    assert {f"{name}=" for name in list_options(CALLS[call])} <= offered


@pytest.mark.parametrize("call", CALLS)
def test_hovering_over_a_call_shows_every_option_with_its_default_and_text(server, call):
    shown = plain(server.hover(f"{call}()", len(call) - 1))
    for name, parameter in list_options(CALLS[call]).items():
        assert re.search(rf"\b{name}: .+ = .+", shown), name
        assert f"{name}: {read_text(parameter)}" in shown


@pytest.mark.parametrize("call", CALLS)
def test_hovering_over_an_option_shows_its_text(server, call):
    for name, parameter in list_options(CALLS[call]).items():
        shown = plain(server.hover(f"{call}({name}=", len(call) + 2))
        assert shown.startswith(f"```python\n(parameter) {name}: ")
        assert f"\n```\n{name}: {read_text(parameter)}" in shown


@pytest.mark.parametrize("call", CALLS)
def test_signature_help_shows_every_option_with_its_default_and_text(server, call):
    for name, parameter in list_options(CALLS[call]).items():
        marker = f"{call}({name}=value)"
        (signature,) = server.ask_at("signatureHelp", marker, len(marker) - 2)["signatures"]
        assert re.search(rf"\b{name}: .+ = ", signature["label"]), name
        active = signature["parameters"][signature["activeParameter"]]
        assert plain(active["documentation"]["value"]) == f"{name}: {read_text(parameter)}"


def test_wrong_options_are_reported_and_decorated_functions_keep_their_type(server):
    while server.diagnostics is None:
        server.receive()
    said = "\n".join(d["message"] for d in server.diagnostics if d["severity"] != 2)
    assert 'No parameter named "status_cod"' in said
    assert '"Literal[\'created\']" cannot be assigned to parameter "status_code"' in said
    assert 'No parameter named "gtt"' in said
    assert 'No parameter named "titel"' in said
    assert 'Type of "read" is "(q: int = Query(1, gt=0)) -> list[int]"' in said
