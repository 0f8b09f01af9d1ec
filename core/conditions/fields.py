"""What can be asked of a record: apps declare the fields and relations of each record type.

A subject is named by its record type ("pipeline.lead"). A field is an attribute of the record
("expected_revenue"), of a record that it points to ("company.industry"), or comes from a provider
("custom.size"), whose fields are looked up anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Model, OuterRef, QuerySet

from core.conditions.columns import AnyOf, Column, Members
from core.conditions.customcolumns import JsonOptions

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from core.conditions.types import Type

type Label = str | _StrPromise

#: The tracked state of another record at the same past moment, by record type and id.
type Lookup = Callable[[str, int], Mapping[str, Any] | None]
#: A value out of the state of a record as `state_at` gives it.
type Past = Callable[[Mapping[str, Any], Lookup], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A declared field.

    `column` is where its value stands, in the database and on an instance. `past` takes the value
    from a past state; None says that the past does not hold it.
    """

    name: str
    label: Label
    type: Type
    column: Column | AnyOf | Members | JsonOptions
    past: Past | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """Related rows that a condition may ask about as a group.

    `rows` gives the rows of the record in `OuterRef("pk")`; `read` those of an instance, from a
    prefetch when there is one; `past` the states of those of a past moment, or None.
    """

    name: str
    label: Label
    subject: str
    rows: Callable[[OuterRef], QuerySet[Any]]
    read: Callable[[Any], Iterable[Any]]
    past: Callable[[Mapping[str, Any], Lookup], Iterable[Mapping[str, Any]]] | None = None


@dataclass(slots=True)
class Subject:
    """A record type with what is declared on it."""

    record_type: str
    fields: dict[str, Field] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    providers: dict[str, Callable[[], Iterable[Field]]] = field(default_factory=dict)


@dataclass(slots=True)
class Registry:
    """All subjects, and what "my teams" means."""

    subjects: dict[str, Subject] = field(default_factory=dict)
    teams_of: Callable[[Any], Iterable[int]] | None = None
    mates_of: Callable[[Any], Iterable[int]] | None = None


_registry = Registry()


def _subject(record_type: str) -> Subject:
    return _registry.subjects.setdefault(record_type, Subject(record_type))


def declare(record_type: str, fields: Iterable[Field], relations: Iterable[Relation] = ()) -> None:
    """Add fields and relations to a subject; a later declaration of a name replaces it."""
    subject = _subject(record_type)
    subject.fields.update((declared.name, declared) for declared in fields)
    subject.relations.update((declared.name, declared) for declared in relations)


def provide(record_type: str, prefix: str, provider: Callable[[], Iterable[Field]]) -> None:
    """Let `provider` name the fields of a subject that start with "`prefix`."."""
    _subject(record_type).providers[prefix] = provider


def declare_teams(
    *, teams_of: Callable[[Any], Iterable[int]], mates_of: Callable[[Any], Iterable[int]]
) -> None:
    """Say which ids "my_teams" stands for: teams of a user, and the users who are in them."""
    _registry.teams_of = teams_of
    _registry.mates_of = mates_of


def registry() -> Registry:
    """What has been declared so far."""
    return _registry


@contextmanager
def undone() -> Iterator[None]:
    """Forget at the end what is declared inside: for tests."""
    kept = {
        name: (dict(subject.fields), dict(subject.relations), dict(subject.providers))
        for name, subject in _registry.subjects.items()
    }
    try:
        yield
    finally:
        for name in list(_registry.subjects):
            if name not in kept:
                del _registry.subjects[name]
                continue
            subject = _registry.subjects[name]
            subject.fields, subject.relations, subject.providers = kept[name]


class Declared:
    """The fields of one subject during one piece of work; providers are asked at most once."""

    def __init__(self, record_type: str) -> None:
        self.subject = _registry.subjects.get(record_type)
        self._provided: dict[str, dict[str, Field]] = {}

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        if self.subject is None:
            return None
        found = self.subject.fields.get(name)
        if found is None and (prefix := name.partition(".")[0]) in self.subject.providers:
            found = self._of(prefix).get(name)
        return found

    def relation(self, name: str) -> Relation | None:
        """The relation of this name."""
        return self.subject.relations.get(name) if self.subject else None

    def all(self) -> list[Field]:
        """Every field, as a builder offers them."""
        if self.subject is None:
            return []
        provided = [
            found for prefix in self.subject.providers for found in self._of(prefix).values()
        ]
        return [*self.subject.fields.values(), *provided]

    def _of(self, prefix: str) -> dict[str, Field]:
        if prefix not in self._provided:
            providers = self.subject.providers if self.subject else {}
            self._provided[prefix] = {found.name: found for found in providers[prefix]()}
        return self._provided[prefix]


def model_rows(model: type[Model], key: str) -> Callable[[OuterRef], QuerySet[Any]]:
    """Rows of `model` whose `key` is the record asked about."""
    return lambda outer: model._base_manager.filter(**{key: outer})
