"""Who sees what, across floors: a floor above may open sight on records of a floor below.

Rights themselves are queryset methods, `visible_to(user)` and `changeable_by(user)`; a queryset
asks here for what others have registered (a contact is seen by whoever sees one of its leads).
"""

from collections.abc import Callable
from typing import Any, Protocol

from django.db.models import Q, QuerySet, Subquery
from django.db.models.lookups import IsNull


class Person(Protocol):
    """What the ground floor needs to know of a user."""

    pk: Any

    @property
    def is_manager(self) -> bool:
        """Whether the person may change every record."""


_sight: dict[str, list[Callable[[Any], Q]]] = {}


def register_sight(record_type: str, condition: Callable[[Any], Q]) -> None:
    """Let users see records of `record_type` for which `condition(user)` holds."""
    _sight.setdefault(record_type, []).append(condition)


def sight(record_type: str, user: Any) -> Q:
    """What registered floors open to `user`; matches nothing when none did."""
    found = Q(pk__in=[])
    for condition in _sight.get(record_type, ()):
        found |= condition(user)
    return found


def linked(rows: QuerySet[Any]) -> Q:
    """Whether there is one of `rows`, which ask by OuterRef; looked up for each record by itself.

    For reads that stop early or look at few records: an IN or EXISTS beside other conditions makes
    PostgreSQL collect all rows of the person first, be they hundreds of thousands.
    """
    return Q(IsNull(Subquery(rows.order_by().values("pk")[:1]), False))
