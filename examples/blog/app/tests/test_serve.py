"""`python serve.py`."""

import os
import socket
import subprocess
import sys

from config import APP_DIR


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        program = subprocess.run(
            [sys.executable, "serve.py"],
            cwd=APP_DIR,
            env=os.environ | {"PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert program.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use." in program.stderr
    assert "Set PORT" in program.stderr
    assert "Traceback" not in program.stderr
