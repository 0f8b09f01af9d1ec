"""The evaluator in SQL."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from core.conditions import closed
from core.conditions.columns import AnyOf, Column, Members, negated
from core.conditions.customcolumns import JsonOptions

#: A condition, or that it holds of every record or of none.
type Found = Q | bool


def to_q(bound: closed.Bound) -> Q:
    """The condition as a Q that neither doubles rows nor is ever NULL in effect."""
    found = _node(bound.node)
    if isinstance(found, bool):
        return Q() if found else Q(pk__in=[])
    return found


def _node(node: closed.Node) -> Found:
    match node:
        case closed.Leaf():
            return _leaf(node)
        case closed.Every(nodes):
            return _join(nodes, every=True)
        case closed.Either(nodes):
            return _join(nodes, every=False)
    return _related(node)


def _join(nodes: tuple[closed.Node, ...], *, every: bool) -> Found:
    joined: Q | None = None
    for node in nodes:
        found = _node(node)
        if isinstance(found, bool):
            if found != every:
                return found
        elif joined is None:
            joined = found
        else:
            joined = joined & found if every else joined | found
    return every if joined is None else joined


def _related(node: closed.Related) -> Found:
    inside = _node(node.node)
    if inside is False:
        return node.negated
    rows = node.relation.rows(OuterRef("pk"))
    exists = Exists(rows if inside is True else rows.filter(inside))
    return Q(~exists) if node.negated else Q(exists)


def _leaf(leaf: closed.Leaf) -> Found:
    column, test = leaf.field.column, leaf.test
    if isinstance(column, Members | JsonOptions):
        return _set(column, test, leaf.negated)
    if isinstance(column, AnyOf):
        return _any(column, test, leaf.negated)
    if isinstance(test, closed.IsEmpty):
        return _emptiness(column, leaf.field.type.textual, not leaf.negated)
    found = _test(column, test)
    if isinstance(found, bool):
        return found != leaf.negated
    return column.null() | negated(found) if leaf.negated else found


def _any(column: AnyOf, test: closed.Test, is_negated: bool) -> Found:
    if isinstance(test, closed.IsEmpty):
        return column.filled() if is_negated else column.empty()
    found = _test(column, test)
    if isinstance(found, bool):
        return found != is_negated
    return negated(found) if is_negated else found


def _emptiness(column: Column, textual: bool, empty: bool) -> Q:
    if empty:
        return column.null() | column.compare("exact", "") if textual else column.null()
    return column.compare("gt", "") if textual else column.compare("isnull", False)


def _test(column: Column | AnyOf, test: closed.Test) -> Q | bool:
    match test:
        case closed.OneOf(values):
            if not values:
                return False
            if len(values) == 1:
                return column.compare("exact", values[0])
            return column.compare("in", list(values))
        case closed.Within(low, high, low_in, high_in):
            found = Q()
            if low is not None:
                found &= column.compare("gte" if low_in else "gt", low)
            if high is not None:
                found &= column.compare("lte" if high_in else "lt", high)
            return found
        case closed.Contains(part):
            return column.compare("contains", part)
        case closed.StartsWith(part):
            return column.compare("startswith", part)
        case closed.EndsWith(parts):
            found = Q()
            for part in parts:
                found |= column.compare("endswith", part)
            return found
    raise TypeError(f"{test!r} is no test of a single value.")


def _set(column: Members | JsonOptions, test: closed.Test, is_negated: bool) -> Found:
    match test:
        case closed.IsEmpty():
            found = column.filled()
            return found if is_negated else negated(found)
        case closed.HasAny(members):
            if not members:
                return is_negated
            found = column.has_any(members)
        case closed.HasAll(members):
            found = Q()
            for member in members:
                found &= column.has_any((member,))
            if not members:
                found = column.filled()
        case _:
            raise TypeError(f"{test!r} is no test of a set.")
    return negated(found) if is_negated else found
