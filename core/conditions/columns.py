"""Where the value of a declared field stands in the database, and on an instance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from django.db.models import BooleanField, Exists, ExpressionWrapper, Model, OuterRef, Q, QuerySet

from core.conditions.closed import Several


def negated(condition: Q) -> Q:
    """NOT of a condition, and nothing else: Django's `~Q` adds and drops NULLs by itself."""
    return Q(~ExpressionWrapper(condition, output_field=BooleanField()))


class Column(Protocol):
    """One value per record."""

    def compare(self, lookup: str, value: Any) -> Q:
        """The condition that a Django lookup makes of it; never true of NULL."""

    def null(self) -> Q:
        """That there is no value."""

    def read(self, instance: Any) -> Any:
        """The value on an instance, in the form that is compared; None when there is none."""


class Path:
    """A column of the record or of a record that it points to ("company__employees")."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.steps = path.split("__")

    def compare(self, lookup: str, value: Any) -> Q:
        """The condition that a Django lookup makes of the column."""
        return Q(**{f"{self.path}__{lookup}": value})

    def null(self) -> Q:
        """That the column, or a record on the way to it, is NULL."""
        return Q(**{f"{self.path}__isnull": True})

    def read(self, instance: Any) -> Any:
        """Follow the path from an instance."""
        value = instance
        for step in self.steps:
            if value is None:
                return None
            value = getattr(value, step)
        return value


class AnyOf:
    """Several values of which any may be meant: columns of the record, and a column of rows that
    point to it. A text that is there is never NULL."""

    def __init__(
        self,
        columns: Sequence[str],
        model: type[Model],
        parent: str,
        column: str,
        reverse: str,
        **where: Any,
    ) -> None:
        self.columns, self.model, self.parent, self.column = columns, model, parent, column
        self.reverse, self.where = reverse, where

    def compare(self, lookup: str, value: Any) -> Q:
        """That one of the values passes a Django lookup."""
        rows = self.model._base_manager.filter(**self.where, **{self.parent: OuterRef("pk")})
        found = Q(Exists(rows.filter(**{f"{self.column}__{lookup}": value})))
        for name in self.columns:
            found |= Q(**{f"{name}__{lookup}": value})
        return found

    def empty(self) -> Q:
        """That there is none."""
        return negated(self.compare("gt", ""))

    def filled(self) -> Q:
        """That there is one."""
        return self.compare("gt", "")

    def read(self, instance: Any) -> Several:
        """The values on an instance; the rows from a prefetch when there is one."""
        own = (getattr(instance, name) for name in self.columns)
        rows = (
            getattr(row, self.column)
            for row in getattr(instance, self.reverse).all()
            if all(getattr(row, name) == value for name, value in self.where.items())
        )
        return Several(value for value in (*own, *rows) if value)


class Members:
    """A set of records kept in a through table; read from a prefetch when there is one."""

    def __init__(self, through: type[Model], parent: str, child: str, name: str) -> None:
        self.through = through
        self.parent = parent
        self.child = child
        self.name = name

    def _rows(self) -> QuerySet[Model]:
        return self.through._base_manager.filter(**{self.parent: OuterRef("pk")})

    def has_any(self, members: Collection[Any]) -> Q:
        """That one of these ids is in the set."""
        return Q(Exists(self._rows().filter(**{f"{self.child}__in": list(members)})))

    def filled(self) -> Q:
        """That the set has members."""
        return Q(Exists(self._rows()))

    def read(self, instance: Any) -> list[int]:
        """The ids of the members."""
        return [member.pk for member in getattr(instance, self.name).all()]
