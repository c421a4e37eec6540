"""`python -m vscore` is the command `vscore`."""

import sys

from vscore.cli import main

sys.exit(main())
