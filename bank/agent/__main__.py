"""`python -m bank.agent`: see `bank.agent.process.start`."""

import sys

from bank.agent.process import main

sys.exit(main())
