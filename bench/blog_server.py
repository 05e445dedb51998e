"""Serves the blog on one framework: `python -m bench.blog_server FRAMEWORK FOLDER`.

The source says `fastapi`.  For Pronghorn the name leads to Pronghorn, as its alias does for any
program.  The port is printed before the first request is taken.
"""

import os
import socket
import sys
from importlib import import_module


def main(framework: str, folder: str) -> None:
    """Serve it, on the first of the processors that this process may use."""
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, processors[:1])
    if framework == "pronghorn":
        import_module("pronghorn").install_as_fastapi()
    sys.path.insert(0, folder)
    os.chdir(folder)
    app = import_module("main").app
    if type(app).__module__ != f"{framework}.applications":
        raise SystemExit(f"This is not {framework}: {type(app)}")
    uvicorn = import_module("uvicorn")
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
