"""What the form of a condition offers: fields, the operators of each, and how a value is given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.calendar import calendar
from core.conditions import operators as op
from core.conditions.building import Draft, Row
from core.conditions.fields import Declared, Field
from core.conditions.periods import NAMED, RUNS, Named, Relative
from core.conditions.records import Record
from core.conditions.sentences import period_words
from core.conditions.times import Date, DateTime
from core.conditions.types import Choice, Number, YesNo

#: Records that are chosen from a list: so many of a kind.
MOST_OPTIONS = 300
#: Kinds of which there may be too many to choose from.
MANY = frozenset({"crm.company", "crm.contact", "pipeline.lead"})

Option = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class RowFace:
    """A row as it is printed. `kind` names the control: none, text, number, select, several, span
    (two values) or period."""

    at: int
    group: int
    fields: list[Option]
    operators: list[Option]
    kind: str
    options: list[Option]
    value: str
    until: str
    input_type: str


def faces(draft: Draft, subject: str, user: Any) -> list[RowFace]:
    """The rows of a draft with all that they offer to a person."""
    declared = Declared(subject)
    offered = [found for found in declared.all() if not _is_many(found)]
    named = [(found.name, capfirst(str(found.label))) for found in offered]
    return [_face(at, row, named, declared, user) for at, row in enumerate(draft.rows)]


def _is_many(found: Field) -> bool:
    return isinstance(found.type, Record) and found.type.model in MANY


def _face(
    at: int, row: Row, named: list[tuple[str, str]], declared: Declared, user: Any
) -> RowFace:
    found = declared.field(row.name) if row.name else None
    fields = [(name, label, name == row.name) for name, label in named]
    if row.name and not any(chosen for _name, _label, chosen in fields):
        label = str(found.label) if found else _("unknown: %s") % row.name[:60]
        fields.append((row.name, label, True))
    operators: list[Option] = []
    kind, input_type = "", "text"
    options: list[Option] = []
    if found is not None:
        known = found.type.operators
        operator = row.operator if row.operator in known else known[0]
        words = operator_words(found)
        operators = [(name, words.get(name, name), name == operator) for name in known]
        kind, options, input_type = _control(found, operator, row, user)
    return RowFace(
        at,
        row.group,
        fields,
        operators,
        kind,
        options,
        ", ".join(row.values) if kind == "text" else row.first,
        row.until,
        input_type,
    )


def _control(found: Field, operator: str, row: Row, user: Any) -> tuple[str, list[Option], str]:
    kind = found.type
    if operator in op.EMPTINESS:
        return "none", [], ""
    if isinstance(kind, Date | DateTime):
        if operator == op.BETWEEN:
            return "span", [], "date"
        return "period", _periods(row, isinstance(kind, DateTime)), "date"
    if operator == op.BETWEEN:
        return "span", [], "text"
    choices: list[tuple[str, str]] | None = None
    if isinstance(kind, YesNo):
        choices = [("true", _("yes")), ("false", _("no"))]
    elif isinstance(kind, Choice):
        choices = list(kind.labels().items())
    elif isinstance(kind, Record) and kind.model not in MANY:
        choices = _records(kind, row, user)
    if choices is None:
        return "text", [], "number" if isinstance(kind, Number) else "text"
    several = "several" if operator in op.LISTS else "select"
    return several, [(key, label, key in row.values) for key, label in choices if key], ""


def _records(kind: Record, row: Row, user: Any) -> list[tuple[str, str]]:
    words = {"me": _("me"), "my_teams": _("my teams")}
    tokens = [(token, words.get(token, token)) for token in kind.tokens]
    rows = {str(record.pk): str(record) for record in kind.rows(user)[:MOST_OPTIONS]}
    missing = [int(key) for key in row.values if key.isdigit() and key not in rows]
    if missing:
        names = kind.names(missing, user)
        rows |= {str(key): names.get(key) or _("no. %(id)s") % {"id": key} for key in missing}
    return [*tokens, *rows.items()]


def _periods(row: Row, is_moment: bool) -> list[Option]:
    names = [*(["now"] if is_moment else []), *NAMED, *RUNS]
    if calendar().fiscal_month == 1:
        # They are the quarters and years that stand there already.
        names = [name for name in names if "_fiscal_" not in name or name == row.period]
    found = [(name, capfirst(period_words(Named(name))), name == row.period) for name in names]
    if row.period.startswith("{"):
        try:
            unit, amount = next(iter(json.loads(row.period).items()))
            found.append((row.period, period_words(Relative(unit, amount)), True))
        except (ValueError, StopIteration, AttributeError, RecursionError, KeyError):
            pass
    return found


def operator_words(found: Field) -> dict[str, str]:
    """The operators of a field in words, as they stand between field and value."""
    if found.type.phrases == "time":
        times = {
            op.EQUAL: _("is in"),
            op.NOT_EQUAL: _("is not in"),
            op.LESS: _("is before"),
            op.AT_MOST: _("is until"),
            op.MORE: _("is after"),
            op.AT_LEAST: _("is from"),
        }
    else:
        times = {}
    return {
        op.EQUAL: _("is"),
        op.NOT_EQUAL: _("is not"),
        op.IN: _("is one of"),
        op.NOT_IN: _("is none of"),
        op.LESS: _("is less than"),
        op.AT_MOST: _("is at most"),
        op.MORE: _("is more than"),
        op.AT_LEAST: _("is at least"),
        op.BETWEEN: _("is between"),
        op.CONTAINS: _("contains"),
        op.NOT_CONTAINS: _("does not contain"),
        op.STARTS: _("starts with"),
        op.ENDS: _("ends with"),
        op.AT_DOMAIN: _("is at the domain"),
        op.HAS_ANY: _("has any of"),
        op.HAS_ALL: _("has all of"),
        op.HAS_NONE: _("has none of"),
        op.EMPTY: _("is empty"),
        op.NOT_EMPTY: _("is not empty"),
        **times,
    }
