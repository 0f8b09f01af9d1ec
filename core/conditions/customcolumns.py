"""Values inside a JSON column, each with the guard of its type.

A value of another type than the field's counts as empty, in SQL and in Python alike; nothing is
cast before its type is known, so no row can make a query fail.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, override

from django.db.models import BooleanField, F, Field, Func, Q, TextField
from django.db.models.lookups import IsNull

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class JsonNumber(Field):  # type: ignore[type-arg]
    """The type of a JSON number: numeric on PostgreSQL, and what JSON numbers are on SQLite."""

    def to_python(self, value: Any) -> Decimal:
        """A number that was written as text."""
        if not isinstance(value, str | int | float | Decimal) or isinstance(value, bool):
            raise TypeError("not a number")
        try:
            number = Decimal(str(value))
        except InvalidOperation as error:
            raise ValueError("not a number") from error
        if not number.is_finite():
            raise ValueError("not a number")
        return number

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """A double on SQLite, whose JSON numbers are doubles: 15 digits go to and fro."""
        return float(value) if connection.vendor == "sqlite" else value


class _JsonValue(Func):
    """One key of a JSON column as a value of one type; NULL when the row holds another type."""

    arity = 1
    sqlite_guard: ClassVar[str]
    sqlite_value: ClassVar[str] = "JSON_EXTRACT({column}, %s)"
    postgresql_guard: ClassVar[str]
    postgresql_value: ClassVar[str] = "({column} ->> %s)"

    def __init__(self, path: str, key: str) -> None:
        super().__init__(F(path), output_field=self.column_type())
        self.key = key

    def column_type(self) -> Field[Any, Any]:
        """The type that the value is compared as."""
        return TextField()

    def _template(self, template: str, compiler: Any, key: str) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        parts: list[Any] = []
        for _ in range(template.count("{column}")):
            parts += [*params, key]
        return template.format(column=column), tuple(parts)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """CASE over JSON_TYPE."""
        return self._template(
            f"CASE WHEN {self.sqlite_guard} THEN {self.sqlite_value} END",
            compiler,
            f'$."{self.key}"',
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """CASE over jsonb_typeof: its order of evaluation is that of the text."""
        return self._template(
            f"CASE WHEN {self.postgresql_guard} THEN {self.postgresql_value} END",
            compiler,
            self.key,
        )


class _Text(_JsonValue):
    sqlite_guard = "JSON_TYPE({column}, %s) = 'text'"
    postgresql_guard = "jsonb_typeof({column} -> %s) = 'string'"


class _Day(_JsonValue):
    sqlite_guard = (
        "JSON_TYPE({column}, %s) = 'text' AND JSON_EXTRACT({column}, %s) GLOB "
        "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"
    )
    postgresql_guard = (
        "jsonb_typeof({column} -> %s) = 'string' AND ({column} ->> %s) ~ "
        "'^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$'"
    )
    postgresql_value = '({column} ->> %s) COLLATE "C"'


class _Number(_JsonValue):
    sqlite_guard = "JSON_TYPE({column}, %s) IN ('integer', 'real')"
    postgresql_guard = "jsonb_typeof({column} -> %s) = 'number'"
    postgresql_value = "({column} ->> %s)::numeric"

    @override
    def column_type(self) -> Field[Any, Any]:
        return JsonNumber()


class _YesNo(_JsonValue):
    sqlite_guard = "JSON_TYPE({column}, %s) IN ('true', 'false')"
    postgresql_guard = "jsonb_typeof({column} -> %s) = 'boolean'"
    postgresql_value = "({column} ->> %s)::boolean"

    @override
    def column_type(self) -> Field[Any, Any]:
        return BooleanField()


class _HasOption(Func):
    """Whether a list under a JSON key has an option id; without one, whether it has any."""

    arity = 1
    conditional = True

    def __init__(self, path: str, key: str, option: str | None) -> None:
        super().__init__(F(path), output_field=BooleanField())
        self.key = key
        self.option = option

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """A look into json_each of the list."""
        column, params = compiler.compile(self.source_expressions[0])
        path = f'$."{self.key}"'
        which, option = ("", ()) if self.option is None else (" AND value = %s", (self.option,))
        return (
            f"COALESCE(JSON_TYPE({column}, %s) = 'array' AND EXISTS(SELECT 1 FROM "
            f"JSON_EACH({column}, %s) WHERE type = 'text' AND value <> ''{which}), FALSE)",
            (*params, path, *params, path, *option),
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """A look into the elements of the list, which a GIN index could answer for one option."""
        column, params = compiler.compile(self.source_expressions[0])
        if self.option is not None:
            return (
                f"COALESCE({column} @> jsonb_build_object(%s::text, jsonb_build_array(%s::text)), "
                "FALSE)",
                (*params, self.key, self.option),
            )
        return (
            f"COALESCE(jsonb_typeof({column} -> %s) = 'array' AND jsonb_path_exists({column} -> "
            """%s, '$[*] ? (@.type() == "string" && @ != "")'), FALSE)""",
            (*params, self.key, *params, self.key),
        )


class JsonColumn:
    """A custom value that conditions compare; subclasses name its type."""

    expression: ClassVar[type[_JsonValue]]

    def __init__(self, path: str, key: str) -> None:
        self.path = path
        self.key = key

    def value(self) -> _JsonValue:
        """The guarded value as an expression."""
        return self.expression(self.path, self.key)

    def compare(self, lookup: str, value: Any) -> Q:
        """The condition that a Django lookup makes of the guarded value."""
        expression = self.value()
        found = expression.get_lookup(lookup)
        if found is None:
            raise LookupError(f"{lookup} is no lookup of {type(self).__name__}.")
        return Q(found(expression, value))

    def null(self) -> Q:
        """That the key is missing, null or of another type."""
        return Q(IsNull(self.expression(self.path, self.key), True))

    def read(self, instance: Any) -> Any:
        """The value on an instance."""
        return self.typed((getattr(instance, self.path) or {}).get(self.key))

    def typed(self, value: Any) -> Any:
        """A JSON value as it is compared; None when it is of another type."""
        return value if isinstance(value, str) else None


class JsonText(JsonColumn):
    """A folded text, or the id of an option."""

    expression = _Text


class JsonDay(JsonColumn):
    """A day, compared as ISO 8601 text."""

    expression = _Day

    def typed(self, value: Any) -> str | None:
        """A text that has the form of an ISO date."""
        return value if isinstance(value, str) and _ISO_DAY.match(value) else None


class JsonDecimal(JsonColumn):
    """A number, money, or the id of a record."""

    expression = _Number

    def typed(self, value: Any) -> Decimal | None:
        """A JSON number, exactly as it is written."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return Decimal(str(value))


class JsonYesNo(JsonColumn):
    """True or false."""

    expression = _YesNo

    def typed(self, value: Any) -> bool | None:
        """A JSON boolean."""
        return value if isinstance(value, bool) else None


class JsonOptions:
    """A list of option ids."""

    def __init__(self, path: str, key: str) -> None:
        self.path = path
        self.key = key

    def has_any(self, members: Collection[Any]) -> Q:
        """That one of the options is in the list."""
        found = Q()
        for member in members:
            found |= Q(_HasOption(self.path, self.key, member))
        return found

    def filled(self) -> Q:
        """That there is a list with options."""
        return Q(_HasOption(self.path, self.key, None))

    def read(self, instance: Any) -> list[str]:
        """The options on an instance."""
        return self.typed((getattr(instance, self.path) or {}).get(self.key))

    def typed(self, value: Any) -> list[str]:
        """The texts in a JSON list; of anything else, none."""
        if not isinstance(value, list):
            return []
        return [item for item in value if isinstance(item, str) and item]
