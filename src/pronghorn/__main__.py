"""`python -m pronghorn`, and with the alias `python -m fastapi`."""

import sys

from pronghorn.cli import main
from pronghorn.exceptions import FastAPIError

if __name__ == "__main__":
    try:
        main()
    except FastAPIError as error:
        sys.exit(f"pronghorn: {error}")
