"""What the decorators of applications and routers are put on keeps its type."""

import subprocess
import sys

PROGRAM = """
from pronghorn import APIRouter, FastAPI, Request, Response

app = FastAPI()
router = APIRouter()

@app.get("/")
def read() -> int:
    return 1

@app.exception_handler(ValueError)
async def handle(request: Request, error: ValueError) -> Response:
    return Response()

@app.middleware("http")
async def around(request: Request, call_next: object) -> Response:
    return Response()

@app.webhooks.post("changed")
def changed(body: int) -> None: ...

@router.websocket_route("/talk")
async def talk(socket: object) -> None: ...

read().bit_length()
reveal_type(handle)
"""


def test_a_strict_type_checker_has_nothing_to_say(tmp_path):
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, file]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "error: ValueError) -> " in ran.stdout
