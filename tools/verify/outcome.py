"""What a check says: one of four statuses, and every finding with its place.

No bare yes or no: an auditor must see *all* that is wrong, where it stands, and what could not be judged and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Status(StrEnum):
    OK = "ok"
    FAILED = "failed"
    ATTENTION = "attention"
    """Nothing is false, but it must not pass for a ✓ (one person held what two should; a gap in the ticks)."""
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    place: str
    facts: Mapping[str, Any]


@dataclass(slots=True)
class Outcome:
    """One check's result while it is being made; its status follows from what was found."""

    number: int
    name: str
    failures: list[Finding] = field(default_factory=list)
    attentions: list[Finding] = field(default_factory=list)
    skips: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def fail(self, code: str, place: str, **facts: Any) -> None:
        self.failures.append(Finding(code, place, facts))

    def compare(self, code: str, place: str, found: Any, expected: Any, **facts: Any) -> None:
        """Fails where the two are not the same."""
        if found != expected:
            self.fail(code, place, **facts, found=found, expected=expected)

    def attend(self, code: str, place: str, **facts: Any) -> None:
        self.attentions.append(Finding(code, place, facts))

    def skip(self, code: str, place: str = "", **facts: Any) -> None:
        self.skips.append(Finding(code, place, facts))

    def note(self, code: str, place: str = "", **facts: Any) -> None:
        self.notes.append(Finding(code, place, facts))

    @property
    def status(self) -> Status:
        """Failed before skipped before attention before ok."""
        if self.failures:
            return Status.FAILED
        if self.skips:
            return Status.SKIPPED
        return Status.ATTENTION if self.attentions else Status.OK


class Missing(Exception):  # noqa: N818 - an order of dependence, not a fault
    """A check needs what an earlier check could not establish; `args[0]` names it."""


class Known(Generic[T]):
    """An attribute that an earlier check establishes; reading it before raises Missing."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "Known[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> "T | Known[T]":
        if instance is None:
            return self
        try:
            value: T = instance.__dict__[self.name]
        except KeyError:
            raise Missing(self.name) from None
        return value

    def __set__(self, instance: object, value: T) -> None:
        instance.__dict__[self.name] = value
