"""A condition as a sentence in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.conditions import operators as op
from core.conditions import tree
from core.conditions.periods import NAMED, RUNS, Named, Relative
from core.conditions.records import Record
from core.conditions.types import Choice, Token

#: Each operator in words, and its negation. "Is not less than" holds of empty values too, which
#: "is at least" does not.
_PLAIN = {
    op.EQUAL: (gettext_lazy("%(field)s is %(value)s"), gettext_lazy("%(field)s is not %(value)s")),
    op.IN: (
        gettext_lazy("%(field)s is %(value)s"),
        gettext_lazy("%(field)s is neither %(value)s"),
    ),
    op.LESS: (
        gettext_lazy("%(field)s is less than %(value)s"),
        gettext_lazy("%(field)s is not less than %(value)s"),
    ),
    op.AT_MOST: (
        gettext_lazy("%(field)s is at most %(value)s"),
        gettext_lazy("%(field)s is not at most %(value)s"),
    ),
    op.MORE: (
        gettext_lazy("%(field)s is more than %(value)s"),
        gettext_lazy("%(field)s is not more than %(value)s"),
    ),
    op.AT_LEAST: (
        gettext_lazy("%(field)s is at least %(value)s"),
        gettext_lazy("%(field)s is not at least %(value)s"),
    ),
    op.BETWEEN: (
        gettext_lazy("%(field)s is between %(value)s"),
        gettext_lazy("%(field)s is not between %(value)s"),
    ),
    op.CONTAINS: (
        gettext_lazy("%(field)s contains %(value)s"),
        gettext_lazy("%(field)s does not contain %(value)s"),
    ),
    op.STARTS: (
        gettext_lazy("%(field)s starts with %(value)s"),
        gettext_lazy("%(field)s does not start with %(value)s"),
    ),
    op.ENDS: (
        gettext_lazy("%(field)s ends with %(value)s"),
        gettext_lazy("%(field)s does not end with %(value)s"),
    ),
    op.AT_DOMAIN: (
        gettext_lazy("%(field)s is at %(value)s"),
        gettext_lazy("%(field)s is not at %(value)s"),
    ),
    op.HAS_ANY: (
        gettext_lazy("%(field)s: any of %(value)s"),
        gettext_lazy("%(field)s: none of %(value)s"),
    ),
    op.HAS_ALL: (
        gettext_lazy("%(field)s: all of %(value)s"),
        gettext_lazy("%(field)s: not all of %(value)s"),
    ),
    op.EMPTY: (gettext_lazy("%(field)s is empty"), gettext_lazy("%(field)s is not empty")),
}
_TIME = {
    op.LESS: (
        gettext_lazy("%(field)s is before %(value)s"),
        gettext_lazy("%(field)s is not before %(value)s"),
    ),
    op.AT_MOST: (
        gettext_lazy("%(field)s is %(value)s or before"),
        gettext_lazy("%(field)s is not %(value)s or before"),
    ),
    op.MORE: (
        gettext_lazy("%(field)s is after %(value)s"),
        gettext_lazy("%(field)s is not after %(value)s"),
    ),
    op.AT_LEAST: (
        gettext_lazy("%(field)s is %(value)s or after"),
        gettext_lazy("%(field)s is not %(value)s or after"),
    ),
}
#: A run of days has a last day, so that a date lies in it rather than is it.
_IN_RUN = (gettext_lazy("%(field)s is in %(value)s"), gettext_lazy("%(field)s is not in %(value)s"))
_PHRASES: Mapping[str, Mapping[str, tuple[Any, Any]]] = {
    "plain": _PLAIN,
    "time": {**_PLAIN, **_TIME},
}
_PERIODS = {
    "now": gettext_lazy("now"),
    "yesterday": gettext_lazy("yesterday"),
    "today": gettext_lazy("today"),
    "tomorrow": gettext_lazy("tomorrow"),
    "last_week": gettext_lazy("last week"),
    "this_week": gettext_lazy("this week"),
    "next_week": gettext_lazy("next week"),
    "last_month": gettext_lazy("last month"),
    "this_month": gettext_lazy("this month"),
    "next_month": gettext_lazy("next month"),
    "last_quarter": gettext_lazy("last quarter"),
    "this_quarter": gettext_lazy("this quarter"),
    "next_quarter": gettext_lazy("next quarter"),
    "last_year": gettext_lazy("last year"),
    "this_year": gettext_lazy("this year"),
    "next_year": gettext_lazy("next year"),
    "last_fiscal_quarter": gettext_lazy("last fiscal quarter"),
    "this_fiscal_quarter": gettext_lazy("this fiscal quarter"),
    "next_fiscal_quarter": gettext_lazy("next fiscal quarter"),
    "last_fiscal_year": gettext_lazy("last fiscal year"),
    "this_fiscal_year": gettext_lazy("this fiscal year"),
    "next_fiscal_year": gettext_lazy("next fiscal year"),
}
_TOKENS = {
    ("user", "me"): gettext_lazy("me"),
    ("user", "my_teams"): gettext_lazy("somebody in my teams"),
    ("team", "my_teams"): gettext_lazy("one of my teams"),
    ("users", "me"): gettext_lazy("me"),
    ("users", "my_teams"): gettext_lazy("somebody in my teams"),
}


def sentence(condition: tree.Node | Mapping[str, Any], subject: str, user: Any = None) -> str:
    """The condition in words: "expected revenue is at least 10,000 and (stage is … or …)".

    Records are told by their names; for a `user`, only those in the person's sight. Numbers and
    dates are written as the active language writes them.
    """
    node = tree.parse(condition, subject) if isinstance(condition, Mapping) else condition
    return _words(node, user, negated=False)[0]


def _words(node: tree.Node, user: Any, *, negated: bool) -> tuple[str, str]:
    """The words of a node, and what joins them: "and", "or" or nothing."""
    match node:
        case tree.Leaf():
            return _leaf(node, user, negated=negated), ""
        case tree.Not(inner):
            return _words(inner, user, negated=not negated)
        case tree.Some():
            return _related(node, user, negated=negated), ""
    every = isinstance(node, tree.All) != negated
    if not node.nodes:
        return (_("every record") if every else _("no record")), ""
    if len(node.nodes) == 1:
        return _words(node.nodes[0], user, negated=negated)
    joint = "and" if every else "or"
    parts = []
    for item in node.nodes:
        words, inner_joint = _words(item, user, negated=negated)
        parts.append(f"({words})" if inner_joint not in ("", joint) else words)
    return _joined(parts, every=every), joint


def _joined(parts: list[str], *, every: bool) -> str:
    if len(parts) == 1:
        return parts[0]
    both = {"first": ", ".join(parts[:-1]), "last": parts[-1]}
    return (_("%(first)s and %(last)s") if every else _("%(first)s or %(last)s")) % both


def _related(node: tree.Some, user: Any, *, negated: bool) -> str:
    none = node.none != negated
    words = {"relation": str(node.relation.label)}
    if node.node == tree.All(()):
        return (_("%(relation)s: none") if none else _("%(relation)s: at least one")) % words
    inside, joint = _words(node.node, user, negated=False)
    words["condition"] = f"({inside})" if joint else inside
    if none:
        return _("%(relation)s: none where %(condition)s") % words
    return _("%(relation)s: at least one where %(condition)s") % words


def _leaf(leaf: tree.Leaf, user: Any, *, negated: bool) -> str:
    operator = leaf.operator
    if operator in op.NEGATIONS:
        operator, negated = op.NEGATIONS[operator], not negated
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    if operator == op.IN and len(values) == 1:
        operator = op.EQUAL
    phrases = _PHRASES[leaf.field.type.phrases][operator]
    if operator == op.EQUAL and isinstance(leaf.value, Named) and leaf.value.name in RUNS:
        phrases = _IN_RUN
    phrase = phrases[1 if negated else 0]
    words: dict[str, str] = {"field": str(leaf.field.label)}
    if operator != op.EMPTY:
        words["value"] = _values(leaf, operator, values, user, negated=negated)
    return str(phrase) % words


def _values(
    leaf: tree.Leaf, operator: str, values: tuple[Any, ...], user: Any, *, negated: bool
) -> str:
    kind = leaf.field.type
    names: Mapping[Any, str] = {}
    if isinstance(kind, Record):
        names = kind.names([value for value in values if isinstance(value, int)], user)
    elif isinstance(kind, Choice):
        names = kind.labels()
    parts = [_value(value, names, kind.name) for value in values]
    if operator == op.IN and negated:
        first, last = ", ".join(parts[:-1]), parts[-1]
        return _("%(first)s nor %(last)s") % {"first": first, "last": last}
    every = operator in (op.BETWEEN, op.HAS_ALL)
    return _joined(parts, every=every)


def _value(value: Any, names: Mapping[Any, str], kind: str) -> str:
    match value:
        case bool():
            return _("yes") if value else _("no")
        case Token(name):
            return str(_TOKENS[kind, name])
        case Relative() | Named():
            return period_words(value)
        case dt.datetime():
            local = timezone.localtime(value) if value.tzinfo else value
            return formats.date_format(local, "SHORT_DATETIME_FORMAT")
        case dt.date():
            return formats.date_format(value, "DATE_FORMAT")
    if value in names:
        return names[value]
    if kind in ("record", "records", "user", "users", "team"):
        return f"#{value}"
    if isinstance(value, str):
        return _("“%(text)s”") % {"text": value}
    return _number(value, kind)


def _number(value: Decimal | int, kind: str) -> str:
    places = 2 if kind == "money" and value != int(value) else None
    number = Decimal(value).normalize()
    text = formats.number_format(
        format(number, "f") if places is None else value, decimal_pos=places, force_grouping=True
    )
    return _("%(number)s %%") % {"number": text} if kind == "percent" else text


def period_words(value: Relative | Named) -> str:
    """A period in words."""
    if isinstance(value, Named):
        if value.name not in RUNS:
            return str(_PERIODS[value.name])
        count = abs(RUNS[value.name])
        if RUNS[value.name] < 0:
            words = ngettext("the last %(count)s day", "the last %(count)s days", count)
        else:
            words = ngettext("the next %(count)s day", "the next %(count)s days", count)
        return words % {"count": count}
    named = {step: name for name, step in NAMED.items()}.get((value.unit, value.amount))
    if named is not None:
        return str(_PERIODS[named])
    if not value.amount:
        return str(_PERIODS["now"])
    count = abs(value.amount)
    return _distance(value.unit, count, ago=value.amount < 0) % {"count": count}


def _distance(unit: str, count: int, *, ago: bool) -> str:
    match unit, ago:
        case "minutes", True:
            return ngettext("%(count)s minute ago", "%(count)s minutes ago", count)
        case "minutes", False:
            return ngettext("in %(count)s minute", "in %(count)s minutes", count)
        case "hours", True:
            return ngettext("%(count)s hour ago", "%(count)s hours ago", count)
        case "hours", False:
            return ngettext("in %(count)s hour", "in %(count)s hours", count)
        case "days", True:
            return ngettext("%(count)s day ago", "%(count)s days ago", count)
        case "days", False:
            return ngettext("in %(count)s day", "in %(count)s days", count)
        case "weeks", True:
            return ngettext("%(count)s week ago", "%(count)s weeks ago", count)
        case "weeks", False:
            return ngettext("in %(count)s week", "in %(count)s weeks", count)
        case "months", True:
            return ngettext("%(count)s month ago", "%(count)s months ago", count)
        case "months", False:
            return ngettext("in %(count)s month", "in %(count)s months", count)
        case "quarters", True:
            return ngettext("%(count)s quarter ago", "%(count)s quarters ago", count)
        case "quarters", False:
            return ngettext("in %(count)s quarter", "in %(count)s quarters", count)
        case "fiscal_quarters", True:
            return ngettext("%(count)s fiscal quarter ago", "%(count)s fiscal quarters ago", count)
        case "fiscal_quarters", False:
            return ngettext("in %(count)s fiscal quarter", "in %(count)s fiscal quarters", count)
        case "fiscal_years", True:
            return ngettext("%(count)s fiscal year ago", "%(count)s fiscal years ago", count)
        case "fiscal_years", False:
            return ngettext("in %(count)s fiscal year", "in %(count)s fiscal years", count)
        case _, True:
            return ngettext("%(count)s year ago", "%(count)s years ago", count)
    return ngettext("in %(count)s year", "in %(count)s years", count)
