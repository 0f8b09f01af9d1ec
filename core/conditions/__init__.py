"""Conditions: one typed tree for rules, scoring, territories, segments, reports and every list.

`parse` reads a tree against the declared fields, `bind` closes it for a moment and a person, and
then `to_q` (in SQL) and `matches` (in Python) agree on every record. `sentence` says it in words.
"""

from core.conditions.binding import bind, check_references
from core.conditions.closed import Bound
from core.conditions.errors import ConditionError
from core.conditions.matching import matches, past_state, state_of
from core.conditions.queries import to_q
from core.conditions.sentences import sentence
from core.conditions.tree import Node, as_json, parse, parse_where, past_missing

__all__ = [
    "Bound",
    "ConditionError",
    "Node",
    "as_json",
    "bind",
    "check_references",
    "matches",
    "parse",
    "parse_where",
    "past_missing",
    "past_state",
    "sentence",
    "state_of",
    "to_q",
]
