"""Serves the blog on one framework: `python -m bench.blog_server FRAMEWORK FOLDER PORT`."""

import os
import sys
from importlib import import_module


def main(framework: str, folder: str, port: str) -> None:
    """Serve it."""
    sys.path.insert(0, folder)
    os.chdir(folder)
    import_module("config").settings.access_log = None  # FastAPI has none
    app = import_module("main").app
    if type(app).__module__ != f"{framework}.applications":
        raise SystemExit(f"This is not {framework}: {type(app)}")
    uvicorn = import_module("uvicorn")
    uvicorn.run(
        app,
        port=int(port),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
