"""Values and sets of records as codes of the ledger, read and written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import batched
from typing import Any

from core.ledger.links import Link
from core.ledger.schema import Schema


def relations_to(model: Any) -> list[Any]:
    """The keys of other records to records of `model`, hidden ones too."""
    return [
        relation
        for relation in model._meta.get_fields(include_hidden=True)
        if relation.auto_created and (relation.one_to_many or relation.one_to_one)
    ]


def links_of(model: Any) -> dict[str, type[Link]]:
    """The sets that records of `model` hold, by name."""
    return {
        relation.related_model.ledger_field: relation.related_model
        for relation in relations_to(model)
        if issubclass(relation.related_model, Link)
        and relation.field.name == relation.related_model.ledger_parent
    }


def codes_of(schema: Schema, row: Any) -> dict[str, Any]:
    """The tracked values of a row as codes of the ledger, by key; empty text and null are None."""
    codes: dict[str, Any] = {}
    for column in schema.tracked:
        value = getattr(row, column.attname)
        codes[column.name] = None if value is None else column.encode(value)
    if schema.custom:
        for key, value in (getattr(row, schema.custom) or {}).items():
            codes[f"{schema.custom}.{key}"] = value
    return codes


def set_code(schema: Schema, row: Any, name: str, code: Any) -> None:
    """Set the value that a code of the ledger stands for."""
    if schema.custom and name.startswith(f"{schema.custom}."):
        values = dict(getattr(row, schema.custom) or {})
        key = name.removeprefix(f"{schema.custom}.")
        if code is None:
            values.pop(key, None)
        else:
            values[key] = code
        setattr(row, schema.custom, values)
        return
    column = schema.by_name[name]
    setattr(row, column.attname, column.blank if code is None else column.decode(code))


def members_of(
    sets: dict[str, type[Link]], rows: Iterable[int], using: str
) -> dict[str, dict[int, set[int]]]:
    """The members of each set of some records, by set and record."""
    held: dict[str, dict[int, set[int]]] = {}
    for name, link in sets.items():
        parent, child = link.link_attnames()
        members: dict[int, set[int]] = defaultdict(set)
        found = link._base_manager.using(using).filter(**{f"{parent}__in": list(rows)})
        for holder, member in found.values_list(parent, child):
            members[holder].add(member)
        held[name] = members
    return held


def existing(model: Any, ids: Iterable[Any], using: str) -> set[Any]:
    """Those of `ids` for which there is a record."""
    found: set[Any] = set()
    for part in batched(sorted(set(ids)), 5000):
        found.update(
            model._base_manager.using(using).filter(pk__in=part).values_list("pk", flat=True)
        )
    return found
