"""The local server and the bureau's counterpart: packages, record, delivery, grading, rates."""
