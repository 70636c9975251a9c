"""Why a row is no item: what every reader and check of question files raises."""

from typing import Any


class BadRow(Exception):  # noqa: N818 - it is the row that is bad, not our doing
    """Why a row is no item. Facts name columns, letters and counts; never exam text or the answer."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason, facts)
        self.reason = reason
        self.facts = facts
