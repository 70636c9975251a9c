"""The local server and the bureau's counterpart: packages, record, delivery, grading, rates."""

VERSION = "0.1.0"
"""Named in records and results as the engine that made them."""
