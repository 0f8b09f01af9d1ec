"""The evaluator in Python, and the states that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.conditions import closed
from core.conditions.errors import ConditionError
from core.conditions.fields import Lookup


def matches(bound: closed.Bound, state: Mapping[str, Any]) -> bool:
    """Whether a record in this state meets the condition.

    `state` maps the name of each field to its value in the form that is compared (a folded text,
    a Decimal, an aware datetime, an id, a list of ids), and that of each relation to the states
    of its rows, as `state_of` and `past_state` make them. What is missing is empty.
    """
    return _holds(bound.node, state)


def _holds(node: closed.Node, state: Mapping[str, Any]) -> bool:
    match node:
        case closed.Leaf(field, test, negated):
            return closed.passes(test, state.get(field.name)) != negated
        case closed.Every(nodes):
            return all(_holds(item, state) for item in nodes)
        case closed.Either(nodes):
            return any(_holds(item, state) for item in nodes)
    found = any(_holds(node.node, row) for row in state.get(node.relation.name, ()))
    return found != node.negated


def state_of(instance: Any, bound: closed.Bound) -> dict[str, Any]:
    """The present state of a record, as far as the condition asks for it.

    Reads the instance and what it points to; prefetch sets and relations for many records.
    """
    return _state(instance, bound.node)


def _state(instance: Any, node: closed.Node) -> dict[str, Any]:
    state: dict[str, Any] = {}
    inner: dict[str, list[closed.Related]] = {}
    for item in _parts(node):
        if isinstance(item, closed.Leaf):
            if item.field.name not in state:
                state[item.field.name] = item.field.column.read(instance)
        else:
            inner.setdefault(item.relation.name, []).append(item)
    for name, group in inner.items():
        inside = closed.Every(tuple(item.node for item in group))
        state[name] = [_state(row, inside) for row in group[0].relation.read(instance)]
    return state


def _no_lookup(record_type: str, record_id: int) -> Mapping[str, Any] | None:
    return None


def past_state(
    bound: closed.Bound, state: Mapping[str, Any], lookup: Lookup = _no_lookup
) -> dict[str, Any]:
    """The state of a record at a past moment, as far as the condition asks for it.

    `state` is what `state_at` gives; `lookup` gives that of another record at the same moment.
    Raises ConditionError for a field that the past does not hold: ask `past_missing` before.
    """
    return _past(bound.node, state, lookup)


def _past(node: closed.Node, state: Mapping[str, Any], lookup: Lookup) -> dict[str, Any]:
    found: dict[str, Any] = {}
    inner: dict[str, list[closed.Related]] = {}
    for item in _parts(node):
        name = item.field.name if isinstance(item, closed.Leaf) else item.relation.name
        past = item.field.past if isinstance(item, closed.Leaf) else item.relation.past
        if past is None:
            raise ConditionError(f"The past does not hold “{name}”.")
        if isinstance(item, closed.Leaf):
            if name not in found:
                found[name] = past(state, lookup)
        else:
            inner.setdefault(name, []).append(item)
    for name, group in inner.items():
        inside = closed.Every(tuple(item.node for item in group))
        rows = group[0].relation.past(state, lookup) if group[0].relation.past else ()
        found[name] = [_past(inside, row, lookup) for row in rows]
    return found


def _parts(node: closed.Node) -> list[closed.Leaf | closed.Related]:
    if isinstance(node, closed.Leaf | closed.Related):
        return [node]
    return [part for item in node.nodes for part in _parts(item)]
