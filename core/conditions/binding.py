"""From the open tree to the closed one: relative dates become instants, "me" becomes an id, and
"not" goes down to the leaves."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from core.calendar import Calendar
from core.conditions import closed, tree
from core.conditions import operators as op
from core.conditions.errors import ConditionError
from core.conditions.records import Record
from core.conditions.types import Context, Token


def bind(
    condition: tree.Node | Mapping[str, Any],
    subject: str,
    *,
    now: dt.datetime,
    zone: dt.tzinfo,
    user: Any = None,
    calendar: Calendar | None = None,
) -> closed.Bound:
    """The closed condition as it stands at `now` (aware) for a person in a time zone.

    `condition` is a tree or JSON data. Raises ConditionError, also where "me" or "my_teams" is
    asked for and there is no `user`. `calendar` stands in for that of the house.
    """
    node = tree.parse(condition, subject) if isinstance(condition, Mapping) else condition
    return closed.Bound(subject, _bound(node, Context(now, zone, user, calendar), negated=False))


def _bound(node: tree.Node, context: Context, *, negated: bool) -> closed.Node:
    match node:
        case tree.Leaf(field, operator, value):
            if operator in op.NEGATIONS:
                operator, negated = op.NEGATIONS[operator], not negated
            try:
                test = field.type.close(operator, value, context)
            except ConditionError as error:
                raise ConditionError(f"{field.name}: {error.problem}") from None
            return closed.Leaf(field, test, negated)
        case tree.Not(inner):
            return _bound(inner, context, negated=not negated)
        case tree.Some(relation, inner, none):
            inside = _bound(inner, context, negated=False)
            return closed.Related(relation, inside, none != negated)
    nodes = tuple(_bound(item, context, negated=negated) for item in node.nodes)
    every = isinstance(node, tree.All) != negated
    return closed.Every(nodes) if every else closed.Either(nodes)


def check_references(node: tree.Node, user: Any = None) -> None:
    """Raise ConditionError for an id of a record that is gone or out of the person's sight.

    For saving a condition: evaluating one with such an id finds nothing there, and is no error.
    """
    asked: dict[str, set[int]] = defaultdict(set)
    fields: dict[tuple[str, int], tree.Leaf] = {}
    kinds: dict[str, Record] = {}
    for leaf in tree.leaves(node):
        if not isinstance(leaf.field.type, Record) or leaf.value is None:
            continue
        kinds[leaf.field.type.model] = leaf.field.type
        for item in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
            if not isinstance(item, Token):
                asked[leaf.field.type.model].add(item)
                fields.setdefault((leaf.field.type.model, item), leaf)
    for model, ids in asked.items():
        found = set(kinds[model].rows(user).filter(pk__in=ids).values_list("pk", flat=True))
        for missing in sorted(ids - found):
            raise ConditionError(
                _("%(field)s: there is no record %(id)s.")
                % {"field": fields[model, missing].field.name, "id": missing}
            )
