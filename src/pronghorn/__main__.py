"""`python -m pronghorn`, the command `pronghorn`, and with the alias `python -m fastapi`."""

import sys

from pronghorn.alias import install_if_child
from pronghorn.cli import main
from pronghorn.exceptions import FastAPIError

# A server's further processes import this module and do not call what is in it.
install_if_child()


def run() -> None:
    """Run the command line; a fault that it names itself needs no traceback."""
    try:
        main()
    except FastAPIError as error:
        sys.exit(f"pronghorn: {error}")


if __name__ == "__main__":
    # Of a package that was started by its name `multiprocessing` leaves the main module out in
    # further processes; without a name it goes by the file.
    __spec__ = None
    run()
