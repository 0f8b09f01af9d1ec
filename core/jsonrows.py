"""The rows of a small table along with another query, as one JSON text: a query less for a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Subquery, TextField


class JsonRows(Subquery):
    """The rows of `records` as a JSON list of objects with these columns, in no order."""

    output_field = TextField()

    def __init__(self, records: QuerySet[Any], names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(records.order_by().values(*self.names))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """By the functions of JSON1; a JSON column comes as text."""
        pairs = ", ".join(f"'{name}', \"{name}\"" for name in self.names)
        template = f"(SELECT json_group_array(json_object({pairs})) FROM (%(subquery)s) AS held)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """By jsonb_agg, as text."""
        template = (
            "(SELECT COALESCE(jsonb_agg(to_jsonb(held)), '[]'::jsonb)::text "
            "FROM (%(subquery)s) AS held)"
        )
        return self.as_sql(compiler, connection, template=template, **context)


def read_rows(text: str) -> list[dict[str, Any]]:
    """The rows in the text that `JsonRows` made."""
    found: list[dict[str, Any]] = json.loads(text or "[]")
    return found
