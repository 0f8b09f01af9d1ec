"""Short ways to declare the fields of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import models

from core.conditions.columns import Members, Path
from core.conditions.fields import Field, Label, Lookup, Past
from core.conditions.records import Records
from core.conditions.types import Choice, Text, Type
from core.folding import fold, text_key


def kept(name: str) -> Past:
    """The past value of a tracked field, as the ledger has it."""
    return lambda state, lookup: state.get(name)


def keyed(name: str, make: Callable[[str], str]) -> Past:
    """The past value of a folded key, made anew from the tracked text."""
    return lambda state, lookup: make(state.get(name) or "")


def pointed(name: str, record_type: str, past: Past | None) -> Past | None:
    """The past value of a field of the record that `name` pointed to."""
    if past is None:
        return None
    inner = past

    def read(state: Mapping[str, Any], lookup: Lookup) -> Any:
        key = state.get(name)
        other = None if key is None else lookup(record_type, key)
        return None if other is None else inner(other, lookup)

    return read


class Declarer:
    """Declares fields of one model under their own names, labels and columns."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        machine: Mapping[str, str] = getattr(model, "ledger_machine", {})
        self.not_kept = {*machine, "updated_at"}

    def column(self, name: str) -> models.Field[Any, Any]:
        """The model field."""
        found = self.model._meta.get_field(name)
        if not isinstance(found, models.Field):
            raise TypeError(f"{name} is no column of {self.model._meta.label}.")
        return found

    def plain(self, name: str, kind: Type, label: Label = "") -> Field:
        """A column as it is; the past has it unless the machine keeps it."""
        column = self.column(name)
        known = name not in self.not_kept and not column.generated
        return Field(
            name,
            label or column.verbose_name,
            kind,
            Path(column.attname),
            kept(name) if known else None,
        )

    def choice(self, name: str) -> Field:
        """A column with choices."""
        column = self.column(name)
        return self.plain(name, Choice(lambda: column.flatchoices))

    def text(
        self, name: str, kind: Text | None = None, make: Callable[[str], str] | None = None
    ) -> Field:
        """A text with its folded key in the column `<name>_key`."""
        key = self.column(f"{name}_key")
        length = key.max_length or 600
        make = make or (lambda text: text_key(text, length))
        return Field(
            name,
            self.column(name).verbose_name,
            kind or Text(lambda text: make(text) or fold(text)),
            Path(key.attname),
            keyed(name, make),
        )

    def members(self, name: str, kind: Records) -> Field:
        """A set kept in a through table whose rows the ledger logs under this name."""
        through: Any = self.model._meta.get_field(name).remote_field.through  # type: ignore[union-attr]
        column = Members(through, through.ledger_parent, through.ledger_child, name)
        label = self.model._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        return Field(name, label, kind, column, lambda state, lookup: state.get(name) or [])


def prefixed(
    name: str, fields: Iterable[Field], *, record_type: str, label: Callable[[Any], Any]
) -> list[Field]:
    """Fields of the record that the key `name` points to, as "name.field"."""
    found = []
    for declared in fields:
        column = declared.column
        if not isinstance(column, Path):
            raise TypeError(f"{declared.name} has no path.")
        found.append(
            Field(
                f"{name}.{declared.name}",
                label(declared.label),
                declared.type,
                Path(f"{name}__{column.path}"),
                pointed(name, record_type, declared.past),
            )
        )
    return found
