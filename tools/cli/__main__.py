"""`python -m tools.cli`: the same as `examd`."""

import sys

from tools.cli.main import main

sys.exit(main())
