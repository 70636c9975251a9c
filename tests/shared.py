"""Data of others, held beside the repository because they are large or not ours to pass on: `../shared`, or wherever
EXAMD_SHARED says. Without them the tests that need them are skipped, and name what they miss.
"""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("EXAMD_SHARED") or Path(__file__).parents[2] / "shared")
DATA = SHARED / "data"
VECTORS = DATA / "vectors"
"""Published with standards: SLIP-39, RFC 6962, Wycheproof."""


def needs(path: Path) -> pytest.MarkDecorator:
    """Marks a test that cannot be made without `path`."""
    return pytest.mark.skipif(not path.exists(), reason=f"needs {path.name} of the shared data (EXAMD_SHARED)")
