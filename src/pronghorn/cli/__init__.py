"""The command line: Pronghorn's own commands, and fastapi-cli for the others.

It knows the commands' names; what they do is elsewhere.
"""

import importlib.util
import sys

from pronghorn.alias import install_as_fastapi, install_in_children
from pronghorn.cli.commands import OWN_COMMANDS, make_parser, run_command
from pronghorn.exceptions import FastAPIError

AS_FASTAPI = "--as-fastapi"


def run_fastapi_cli() -> None:
    """Run `fastapi dev`, `fastapi run` and the others of fastapi-cli."""
    # It imports `fastapi` to see which object is an application; so do the processes in which
    # the server runs, with `--reload` and with several workers.
    install_in_children()
    install_as_fastapi()
    from fastapi_cli.cli import main as run_typer_app  # noqa: PLC0415  after the alias

    run_typer_app()


cli_main = run_fastapi_cli if importlib.util.find_spec("fastapi_cli") else None
"""What runs FastAPI's commands; None where fastapi-cli is not installed."""


def main() -> None:
    """Run the command that `sys.argv` names, under the alias if `--as-fastapi` is among it.

    Raises `FastAPIError`, a `RuntimeError`, when it is one of fastapi-cli's and that is
    not installed.
    """
    if AS_FASTAPI in sys.argv[1:]:
        sys.argv.remove(AS_FASTAPI)
        install_as_fastapi()
    if sys.argv[1:2] and sys.argv[1] in OWN_COMMANDS:
        sys.exit(run_command(sys.argv[1:]))
    if sys.argv[1:] in ([], ["--help"]):
        print(make_parser().format_help())
    if cli_main is None:
        message = (
            "To use the fastapi command, please install fastapi-cli with Pronghorn:\n\n"
            '    pip install "pronghorn[standard]"\n'
        )
        raise FastAPIError(message)
    cli_main()
