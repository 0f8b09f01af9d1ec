"""A condition as rows of a form: read from what was sent, made into a tree, and back.

The form shows what people ask most: rows of field, operator and value, all or any of which hold,
with groups one level deep. A tree that says more (related rows, "not", deeper groups) is left as it
stands. Row 3 comes as `f3` (field), `o3` (operator), `v3` and `w3` (values), `p3` (period), `g3`
(group, 0 for none); `m0` says "all" or "any", `m1` the same of the first group.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.conditions import operators as op
from core.conditions.errors import ConditionError
from core.conditions.fields import Declared, Field
from core.conditions.records import Record
from core.conditions.times import Age, Date, DateTime
from core.conditions.types import Choice, Number, Type, YesNo
from core.forms import read_amount

#: Rows and groups that a form may have.
MOST_ROWS, MOST_GROUPS = 30, 5
ALL, ANY = "all", "any"
_ROW = re.compile(r"f(\d{1,3})")


@dataclass(slots=True)
class Row:
    """A row of the form, as it was sent."""

    name: str = ""
    operator: str = ""
    values: list[str] = field(default_factory=list)
    until: str = ""
    period: str = ""
    group: int = 0

    @property
    def first(self) -> str:
        """The value, or the first of two."""
        return self.values[0] if self.values else ""


@dataclass(slots=True)
class Draft:
    """The rows, and for each group (0: the whole) whether all or any of its rows hold."""

    rows: list[Row] = field(default_factory=list)
    modes: dict[int, str] = field(default_factory=lambda: {0: ALL})

    @classmethod
    def read(cls, data: QueryDict) -> Draft:
        """The draft that a form sent."""
        draft = cls()
        places = sorted(int(found[1]) for name in data if (found := _ROW.fullmatch(name)))
        for at in places[:MOST_ROWS]:
            draft.rows.append(
                Row(
                    name=data.get(f"f{at}", ""),
                    operator=data.get(f"o{at}", ""),
                    values=[text for text in data.getlist(f"v{at}") if text.strip()],
                    until=data.get(f"w{at}", ""),
                    period=data.get(f"p{at}", ""),
                    group=_group(data.get(f"g{at}", "")),
                )
            )
        for number in range(MOST_GROUPS + 1):
            if f"m{number}" in data:
                draft.modes[number] = ANY if data[f"m{number}"] == ANY else ALL
        return draft

    @classmethod
    def of(cls, tree: Any) -> Draft | None:
        """The draft of a tree (as JSON has it); None for one that says more than rows can."""
        draft = cls()
        key, nodes = _nodes(tree)
        draft.modes[0] = key
        for node in nodes:
            if _is_leaf(node):
                draft.rows.append(_row(node, 0))
                continue
            inner, leaves = _nodes(node)
            if not inner or not all(_is_leaf(leaf) for leaf in leaves):
                return None
            number = len(draft.modes)
            if number > MOST_GROUPS:
                return None
            draft.modes[number] = inner
            draft.rows += [_row(leaf, number) for leaf in leaves]
        return draft if key and len(draft.rows) <= MOST_ROWS else None

    def tree(self, subject: str, *, lenient: bool = False) -> dict[str, Any]:
        """The tree of the rows. A field that is not known, or lacks its value, is an error that
        names it; `lenient` passes over rows that are not finished yet."""
        declared = Declared(subject)
        groups: dict[int, list[Any]] = {number: [] for number in self.modes}
        for row in self.rows:
            if not row.name:
                continue
            found = declared.field(row.name)
            if found is None:
                raise ConditionError(_("There is no field “%s” here.") % row.name[:80])
            try:
                leaf = _leaf(row, found)
            except ConditionError:
                if lenient:
                    continue
                raise
            groups.setdefault(row.group, []).append(leaf)
        nodes = groups.pop(0, [])
        nodes += [
            {self.modes.get(number, ALL): leaves}
            for number, leaves in sorted(groups.items())
            if leaves
        ]
        return {self.modes.get(0, ALL): nodes} if nodes else {}


def _group(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and int(text[:3]) <= MOST_GROUPS else 0


def _is_leaf(node: Any) -> bool:
    return isinstance(node, Mapping) and "field" in node


def _nodes(tree: Any) -> tuple[str, Sequence[Any]]:
    """Whether all or any of a tree's nodes hold, and these; "" for a tree of another kind."""
    if _is_leaf(tree):
        return ALL, [tree]
    if not isinstance(tree, Mapping) or len(tree) > 1:
        return "", []
    key = next(iter(tree), ALL)
    nodes = tree.get(key, [])
    return (key, nodes) if key in (ALL, ANY) and isinstance(nodes, list) else ("", [])


def _row(leaf: Mapping[str, Any], group: int) -> Row:
    value = leaf.get("value")
    row = Row(str(leaf["field"]), str(leaf.get("op", "")), group=group)
    items = value if isinstance(value, list) else [] if value is None else [value]
    if row.operator == op.BETWEEN and len(items) == 2:
        row.values, row.until = [_text(items[0])], _text(items[1])
    else:
        row.values = [_text(item) for item in items]
    row.period = row.first
    return row


def _text(value: Any) -> str:
    if isinstance(value, bool | dict):
        return json.dumps(value)
    return str(value)


def _leaf(row: Row, found: Field) -> dict[str, Any]:
    operator = row.operator if row.operator in found.type.operators else found.type.operators[0]
    leaf: dict[str, Any] = {"field": found.name, "op": operator}
    if operator in op.EMPTINESS:
        return leaf
    if operator == op.BETWEEN:
        leaf["value"] = [_value(found, row.first), _value(found, row.until)]
    elif operator in op.LISTS:
        leaf["value"] = [_value(found, item) for item in _items(found.type, row.values)]
        if not leaf["value"]:
            raise _missing(found)
    else:
        is_time = isinstance(found.type, Date | DateTime)
        leaf["value"] = _value(found, row.period or row.first if is_time else row.first)
    return leaf


def _items(kind: Type, values: Sequence[str]) -> list[str]:
    """Several values: chosen one by one, or typed with a separator between them."""
    if isinstance(kind, Choice | Record):
        return list(values)
    mark = ";" if isinstance(kind, Number) or any(";" in text for text in values) else ","
    return [part.strip() for text in values for part in text.split(mark) if part.strip()]


def _value(found: Field, text: str) -> Any:
    kind, text = found.type, text.strip()
    if not text:
        raise _missing(found)
    if isinstance(kind, YesNo):
        return text == "true"
    if isinstance(kind, Record):
        return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else text
    if isinstance(kind, Age | Number):
        return read_amount(text)
    if isinstance(kind, Date | DateTime) and text.startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _missing(found: Field) -> ConditionError:
    return ConditionError(_("“%s” needs a value.") % found.label)
