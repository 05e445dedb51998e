"""`python -m wire`, from the folder `conformance`."""

import sys

from wire.run import main

sys.exit(main())
