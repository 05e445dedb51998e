"""`python -m pronghorn`, the command `pronghorn`, and with the alias `python -m fastapi`."""

import sys

from pronghorn.cli import main
from pronghorn.exceptions import FastAPIError


def run() -> None:
    """Run the command line; a fault that it names itself needs no traceback."""
    try:
        main()
    except FastAPIError as error:
        sys.exit(f"pronghorn: {error}")


if __name__ == "__main__":
    run()
