"""Closed conditions: what `bind` makes and both evaluators take.

No relative date, no "me", no "not" is left: negation stands on the leaves. Every test has two
outcomes; an empty value passes none, so it passes every negated one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.conditions.fields import Field, Relation


def is_empty(value: Any) -> bool:
    """Whether a value counts as empty: nothing, no text, no members. Zero and no are values."""
    return value is None or value == "" or (isinstance(value, list | tuple | set) and not value)


class Several(tuple[Any, ...]):
    """Values of one field of which any may pass a test of a single value."""


def passes(test: Test, value: Any) -> bool:
    """Whether a value passes a test; of several, one of them."""
    if isinstance(test, IsEmpty):
        return is_empty(value)
    if is_empty(value):
        return False
    if isinstance(value, Several):
        return any(test.holds(each) for each in value)
    return test.holds(value)


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these; of none, if there are none."""

    values: tuple[Any, ...]

    def holds(self, value: Any) -> bool:
        """Whether a value that is not empty passes."""
        return value in self.values


@dataclass(frozen=True, slots=True)
class Within:
    """The value lies between two bounds; None leaves a side open, `…_in` counts the bound in."""

    low: Any = None
    high: Any = None
    low_in: bool = True
    high_in: bool = False

    def holds(self, value: Any) -> bool:
        """Whether a value that is not empty passes."""
        if self.low is not None and not (value >= self.low if self.low_in else value > self.low):
            return False
        if self.high is None:
            return True
        return bool(value <= self.high if self.high_in else value < self.high)


@dataclass(frozen=True, slots=True)
class Contains:
    """The folded text has this in it."""

    part: str

    def holds(self, value: str) -> bool:
        """Whether a text that is not empty passes."""
        return self.part in value


@dataclass(frozen=True, slots=True)
class StartsWith:
    """The folded text starts with this."""

    part: str

    def holds(self, value: str) -> bool:
        """Whether a text that is not empty passes."""
        return value.startswith(self.part)


@dataclass(frozen=True, slots=True)
class EndsWith:
    """The folded text ends with one of these."""

    parts: tuple[str, ...]

    def holds(self, value: str) -> bool:
        """Whether a text that is not empty passes."""
        return value.endswith(self.parts)


@dataclass(frozen=True, slots=True)
class HasAny:
    """The set has one of these members."""

    members: tuple[Any, ...]

    def holds(self, value: Collection[Any]) -> bool:
        """Whether a set that is not empty passes."""
        return any(member in value for member in self.members)


@dataclass(frozen=True, slots=True)
class HasAll:
    """The set has all of these members."""

    members: tuple[Any, ...]

    def holds(self, value: Collection[Any]) -> bool:
        """Whether a set that is not empty passes."""
        return all(member in value for member in self.members)


@dataclass(frozen=True, slots=True)
class IsEmpty:
    """There is no value."""


type Test = OneOf | Within | Contains | StartsWith | EndsWith | HasAny | HasAll | IsEmpty


@dataclass(frozen=True, slots=True)
class Leaf:
    """A test of one field, or its negation."""

    field: Field
    test: Test
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """All nodes hold; true when there are none."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one node holds; false when there are none."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Some related row meets the node; negated: none does."""

    relation: Relation
    node: Node
    negated: bool = False


type Node = Leaf | Every | Either | Related


@dataclass(frozen=True, slots=True)
class Bound:
    """A closed condition on records of one type."""

    subject: str
    node: Node
