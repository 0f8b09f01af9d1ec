"""The operators of conditions, as they are written in JSON."""

EQUAL, NOT_EQUAL = "=", "!="
IN, NOT_IN = "in", "not in"
LESS, AT_MOST, MORE, AT_LEAST = "<", "<=", ">", ">="
BETWEEN = "between"
CONTAINS, NOT_CONTAINS = "contains", "does not contain"
STARTS, ENDS = "starts with", "ends with"
AT_DOMAIN = "at domain"
HAS_ANY, HAS_ALL, HAS_NONE = "has any of", "has all of", "has none of"
EMPTY, NOT_EMPTY = "is empty", "is not empty"

EMPTINESS = (EMPTY, NOT_EMPTY)
CHOOSING = (EQUAL, NOT_EQUAL, IN, NOT_IN)
ORDERING = (LESS, AT_MOST, MORE, AT_LEAST, BETWEEN)
SEEKING = (CONTAINS, NOT_CONTAINS, STARTS, ENDS)
HAVING = (HAS_ANY, HAS_ALL, HAS_NONE)

#: Those that take a list of values; a single value counts as a list of one.
LISTS = frozenset({IN, NOT_IN, AT_DOMAIN, *HAVING})
#: Each that says no, and the one whose negation it is.
NEGATIONS = {
    NOT_EQUAL: EQUAL,
    NOT_IN: IN,
    NOT_CONTAINS: CONTAINS,
    HAS_NONE: HAS_ANY,
    NOT_EMPTY: EMPTY,
}
