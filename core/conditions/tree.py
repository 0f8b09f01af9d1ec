"""The open condition tree: read from JSON against the declared fields, and written as JSON again.

{"all": [node, …]}   {"any": [node, …]}   {"not": node}
{"field": "expected_revenue", "op": ">=", "value": 10000}
{"any": "activities", "where": node}   {"none": "activities", "where": node}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.conditions.errors import ConditionError
from core.conditions.fields import Declared, Field, Relation

#: How far nodes may be nested, how many a tree may have, and how many values all its leaves.
MAX_DEPTH = 10
MAX_NODES = 200
MAX_VALUES = 1000
#: Characters of a condition in a URL or a request.
MAX_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field, an operator, and the value that the field's type read."""

    field: Field
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class All:
    """Every node holds."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one node holds."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The node does not hold."""

    node: Node


@dataclass(frozen=True, slots=True)
class Some:
    """Some related row meets the node; with `none`, no related row does."""

    relation: Relation
    node: Node
    none: bool = False


type Node = Leaf | All | AnyOf | Not | Some


def parse(data: Any, subject: str) -> Node:
    """The tree that JSON data describes on a subject ("pipeline.lead"); {} is true of all records.

    Raises ConditionError with the place and what is wrong there.
    """
    return _Parser().node(data, Declared(subject), "", 0)


def parse_where(text: str, subject: str) -> Node:
    """The tree that a JSON text describes on a subject, as it comes in `where=`."""
    if len(text) > MAX_LENGTH:
        raise ConditionError(
            _("A condition has at most %(count)s characters.") % {"count": MAX_LENGTH}
        )
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ConditionError(_("The condition is no valid JSON.")) from None
    return parse(data, subject)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


class _Parser:
    """Reads one tree and counts what it reads."""

    def __init__(self) -> None:
        self.nodes = 0
        self.values = 0
        self.declared: dict[str, Declared] = {}

    def node(self, data: Any, declared: Declared, path: str, depth: int) -> Node:
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise ConditionError(
                _("The condition is nested more than %(count)s deep.") % {"count": MAX_DEPTH}, path
            )
        if self.nodes > MAX_NODES:
            raise ConditionError(
                _("The condition has more than %(count)s parts.") % {"count": MAX_NODES}, path
            )
        if not isinstance(data, Mapping):
            raise ConditionError(_("A condition is an object in braces."), path)
        keys = set(data)
        if not keys:
            return All(())
        if "field" in keys:
            self._only(keys, {"field", "op", "value"}, path)
            return self._leaf(data, declared, path)
        for word in ("any", "none"):
            if word in keys and isinstance(data[word], str):
                self._only(keys, {word, "where"}, path)
                return self._some(data, word, declared, path, depth)
        for word in ("all", "any"):
            if word in keys:
                self._only(keys, {word}, path)
                nodes = self._list(data[word], word, declared, path, depth)
                return All(nodes) if word == "all" else AnyOf(nodes)
        if "not" in keys:
            self._only(keys, {"not"}, path)
            return Not(self.node(data["not"], declared, _at(path, "not"), depth + 1))
        raise ConditionError(
            _("A condition has one of: field, all, any, none, not. This one has: %(keys)s.")
            % {"keys": ", ".join(sorted(str(key)[:40] for key in keys))},
            path,
        )

    def _only(self, keys: set[Any], allowed: set[str], path: str) -> None:
        surplus = sorted(str(key)[:40] for key in keys - allowed)
        if surplus:
            raise ConditionError(_("“%(key)s” does not belong here.") % {"key": surplus[0]}, path)

    def _list(
        self, data: Any, word: str, declared: Declared, path: str, depth: int
    ) -> tuple[Node, ...]:
        if not isinstance(data, list | tuple):
            raise ConditionError(_("“%(word)s” takes a list of conditions.") % {"word": word}, path)
        return tuple(
            self.node(item, declared, f"{_at(path, word)}[{place}]", depth + 1)
            for place, item in enumerate(data)
        )

    def _some(
        self, data: Mapping[str, Any], word: str, declared: Declared, path: str, depth: int
    ) -> Some:
        relation = declared.relation(data[word])
        if relation is None:
            known = sorted(declared.subject.relations) if declared.subject else []
            raise ConditionError(
                _("There are no related records “%(name)s”; there are: %(known)s.")
                % {"name": data[word][:60], "known": ", ".join(known) or "–"},
                path,
            )
        inner = self.declared.setdefault(relation.subject, Declared(relation.subject))
        node = self.node(data.get("where", {}), inner, _at(path, "where"), depth + 1)
        return Some(relation, node, none=word == "none")

    def _leaf(self, data: Mapping[str, Any], declared: Declared, path: str) -> Leaf:
        name, operator, raw = data["field"], data.get("op"), data.get("value")
        field = declared.field(name) if isinstance(name, str) else None
        if field is None:
            raise ConditionError(
                _("There is no field “%(name)s”.") % {"name": str(name)[:60]}, _at(path, "field")
            )
        if not isinstance(operator, str) or operator not in field.type.operators:
            raise ConditionError(
                _("“%(field)s” (%(type)s) has no operator “%(operator)s”; it has: %(known)s.")
                % {
                    "field": field.name,
                    "type": field.type.name,
                    "operator": str(operator)[:40],
                    "known": ", ".join(field.type.operators),
                },
                _at(path, "op"),
            )
        try:
            value = field.type.read(operator, raw, _at(path, "value"))
        except ConditionError as error:
            raise ConditionError(f"{field.name}: {error.problem}", error.path) from None
        self.values += len(value) if isinstance(value, tuple) else 1
        if self.values > MAX_VALUES:
            raise ConditionError(
                _("The condition has more than %(count)s values.") % {"count": MAX_VALUES}, path
            )
        return Leaf(field, operator, value)


def _at(path: str, word: str) -> str:
    return f"{path}.{word}" if path else word


def as_json(node: Node) -> dict[str, Any]:
    """The tree as JSON data, such as `parse` takes."""
    match node:
        case Leaf(field, operator, None):
            return {"field": field.name, "op": operator}
        case Leaf(field, operator, value):
            return {"field": field.name, "op": operator, "value": field.type.as_json(value)}
        case All(nodes):
            return {"all": [as_json(item) for item in nodes]}
        case AnyOf(nodes):
            return {"any": [as_json(item) for item in nodes]}
        case Not(inner):
            return {"not": as_json(inner)}
    return {"none" if node.none else "any": node.relation.name, "where": as_json(node.node)}


def leaves(node: Node) -> Iterator[Leaf]:
    """All leaves of a tree, those on related rows too."""
    match node:
        case Leaf():
            yield node
        case All(nodes) | AnyOf(nodes):
            for item in nodes:
                yield from leaves(item)
        case Not(inner) | Some(node=inner):
            yield from leaves(inner)


def groups(node: Node) -> Iterator[Some]:
    """All groups of related rows of a tree, with those inside them."""
    match node:
        case All(nodes) | AnyOf(nodes):
            for item in nodes:
                yield from groups(item)
        case Not(inner):
            yield from groups(inner)
        case Some(node=inner):
            yield node
            yield from groups(inner)


def past_missing(node: Node) -> list[str]:
    """The names of the fields and relations of a tree that the past does not hold, in order."""
    names = _missing(node)
    return list(dict.fromkeys(names))


def _missing(node: Node) -> Iterator[str]:
    match node:
        case Leaf(field=field):
            if field.past is None:
                yield field.name
        case All(nodes) | AnyOf(nodes):
            for item in nodes:
                yield from _missing(item)
        case Not(inner):
            yield from _missing(inner)
        case Some(relation=relation, node=inner):
            if relation.past is None:
                yield relation.name
            else:
                yield from _missing(inner)
