"""Settings that every test shares."""

import os

from hypothesis import settings

# The same examples on every run, so that a red run is about the change and not about luck. A search for new examples:
# EXAMD_SEARCH=1 uv run pytest
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile("search" if os.environ.get("EXAMD_SEARCH") else "repeatable")
