"""The filters that lists, boards, exports and the API share, and what they take from an address.

Several values of one filter are separated by commas or given by repeating the parameter, and mean
"any of these". Periods are half open: `…_from` is included, `…_before` is not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from core.conditions.filters import WhereFilter

#: The highest id that a column can hold.
MOST = 2**63 - 1


class Words(forms.TextInput):
    """Reads a parameter that may be repeated, or separated by commas, as one text."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        """All values of the parameter, joined by commas."""
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        found = [str(value) for value in values if value not in (None, "")]
        return ",".join(found) if found else None


@dataclass(frozen=True, slots=True)
class Ids:
    """What an id filter asks for: ids, and whether records without one are meant as well.

    `me` and `mine` stand for the asking person and what is theirs; `user` is that person.
    """

    ids: tuple[int, ...]
    none: bool = False
    me: bool = False
    mine: bool = False
    user: Any = None

    def with_user(self, user: Any) -> Ids:
        """The same for a person, with "me" as an id."""
        ids = (*self.ids, user.pk) if self.me else self.ids
        return Ids(ids, self.none, mine=self.mine, user=user)


class IdsField(forms.Field):
    """A list of ids; `none`, `me` and `mine` where they are allowed."""

    widget = Words

    def __init__(self, *, words: Sequence[str] = (), **options: Any) -> None:
        super().__init__(**options)
        self.words = words

    def to_python(self, value: Any) -> Ids | None:
        """The ids; ValidationError names what cannot be one."""
        if value in (None, ""):
            return None
        ids: list[int] = []
        said: set[str] = set()
        for word in str(value).split(","):
            text = word.strip()
            if text in self.words:
                said.add(text)
            elif text.isascii() and text.isdigit() and int(text[:20]) <= MOST:
                ids.append(int(text[:20]))
            else:
                raise ValidationError(_("“%(word)s” is not an id."), params={"word": text[:40]})
        return Ids(tuple(ids), none="none" in said, me="me" in said, mine="mine" in said)


class ChoicesField(forms.Field):
    """A list of choices."""

    widget = Words

    def __init__(self, *, choices: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices

    def to_python(self, value: Any) -> list[str]:
        """The choices; ValidationError names an unknown one."""
        words = [word.strip() for word in str(value or "").split(",") if word.strip()]
        for word in words:
            if word not in self.choices:
                raise ValidationError(
                    _("“%(word)s” is not one of: %(choices)s."),
                    params={"word": word[:40], "choices": ", ".join(self.choices)},
                )
        return words


class MomentField(forms.Field):
    """An ISO date, meaning its first instant in the person's zone, or an ISO time with offset."""

    def to_python(self, value: Any) -> dt.datetime | None:
        """The instant; ValidationError for anything else."""
        if value in (None, ""):
            return None
        text = str(value).strip().replace(" ", "+")
        try:
            if len(text) == 10:
                return timezone.make_aware(
                    dt.datetime.combine(dt.date.fromisoformat(text), dt.time())
                )
            found = parse_datetime(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise ValidationError(
                _("Give a date like 2027-01-31, or a time like 2027-01-31T09:00:00+01:00.")
            )
        return found


class DayField(forms.Field):
    """An ISO date."""

    def to_python(self, value: Any) -> dt.date | None:
        """The date; ValidationError for anything else."""
        if value in (None, ""):
            return None
        try:
            return dt.date.fromisoformat(str(value).strip())
        except ValueError:
            raise ValidationError(_("Give a date like 2027-01-31.")) from None


class FlagField(forms.Field):
    """`true` or `false`."""

    def to_python(self, value: Any) -> bool | None:
        """The answer; ValidationError for anything else."""
        if value in (None, ""):
            return None
        known = {"true": True, "false": False}.get(str(value).strip().lower())
        if known is None:
            raise ValidationError(_("true or false"))
        return known


class PlainTextField(forms.CharField):
    """A text without characters that a database cannot hold."""


def _describe(filter_: Any, description: str, schema: dict[str, Any]) -> None:
    extend_schema_field({**schema, "description": description})(filter_)


def condition(subject: str) -> WhereFilter:
    """`where=`: a condition tree as JSON."""
    made = WhereFilter(subject)
    _describe(
        made,
        'A condition as JSON, such as `{"field": "expected_revenue", "op": ">=", "value": 10000}`.',
        {"type": "string"},
    )
    return made


class IdsFilter(django_filters.Filter):
    """Records whose key is one of the ids; `words` allows `none`, `me` and `mine`."""

    field_class = IdsField

    def __init__(
        self,
        field_name: str | None = None,
        *,
        words: Sequence[str] = ("none",),
        description: str = "",
        of: Callable[[QuerySet[Any], Ids], QuerySet[Any]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(field_name, words=words, **options)
        self.of = of
        allowed = "".join(f", `{word}`" for word in words)
        _describe(
            self, f"{description} Ids separated by commas{allowed}.".strip(), {"type": "string"}
        )

    def filter(self, qs: QuerySet[Any], value: Ids | None) -> QuerySet[Any]:
        """Any of the ids, or none when asked for."""
        if value is None:
            return qs
        request = getattr(getattr(self, "parent", None), "request", None)
        value = value.with_user(getattr(request, "user", None))
        if self.of is not None:
            return self.of(qs, value)
        wanted = Q(**{f"{self.field_name}__in": value.ids})
        if value.none:
            wanted |= Q(**{f"{self.field_name}__isnull": True})
        return qs.filter(wanted)


class ChoicesFilter(django_filters.Filter):
    """Records whose field has one of the values; `of` says another meaning."""

    field_class = ChoicesField

    def __init__(
        self,
        field_name: str | None = None,
        *,
        choices: Sequence[str],
        description: str = "",
        of: Callable[[QuerySet[Any], list[str]], QuerySet[Any]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(field_name, **options)
        # Not as `choices` in the options: those would be taken for a form's choices with labels.
        self.allowed, self.of = list(choices), of
        listed = ", ".join(f"`{choice}`" for choice in choices)
        _describe(
            self,
            f"{description} One or several, separated by commas: {listed}.".strip(),
            {"type": "string"},
        )

    @property
    def field(self) -> ChoicesField:
        """The form field."""
        return ChoicesField(choices=self.allowed, required=False)

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        """Any of the values."""
        if not value:
            return qs
        if self.of is not None:
            return self.of(qs, value)
        return qs.filter(**{f"{self.field_name}__in": value})


class MomentFilter(django_filters.Filter):
    """Records whose time is at or after, or before, an instant."""

    field_class = MomentField

    def __init__(self, field_name: str, lookup_expr: str, **options: Any) -> None:
        super().__init__(field_name, lookup_expr, **options)
        meaning = "At or after" if lookup_expr == "gte" else "Before"
        _describe(
            self,
            f"{meaning} this date (its first instant in your time zone) or ISO 8601 time.",
            {"type": "string"},
        )


class DayFilter(django_filters.Filter):
    """Records whose date is on or after, or before, a day."""

    field_class = DayField

    def __init__(self, field_name: str, lookup_expr: str, **options: Any) -> None:
        super().__init__(field_name, lookup_expr, **options)
        meaning = "On or after" if lookup_expr == "gte" else "Before"
        _describe(self, f"{meaning} this date.", {"type": "string", "format": "date"})


class FlagFilter(django_filters.Filter):
    """Yes or no, on a column or as `of(queryset, flag)` says."""

    field_class = FlagField

    def __init__(
        self,
        field_name: str | None = None,
        *,
        description: str = "",
        of: Callable[[QuerySet[Any], bool], QuerySet[Any]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(field_name, **options)
        self.of = of
        _describe(self, description, {"type": "boolean"})

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        """Those for which the answer is `value`."""
        if value is None:
            return qs
        return self.of(qs, value) if self.of is not None else super().filter(qs, value)


class ArchivedFilter(ChoicesFilter):
    """Archived records are left out unless asked for: `true` gives them alone, `any` all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            "archived_at",
            choices=("false", "true", "any"),
            description="Archived records are left out unless `true` (those alone) or `any`.",
            **options,
        )

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        """What is not archived, what is, or everything."""
        if "any" in value or {"true", "false"} <= set(value):
            return qs
        return qs.filter(archived_at__isnull="true" not in value)


class TextFilter(django_filters.Filter):
    """Records that a text finds: `of(queryset, text)`, or an exact match of the column."""

    field_class = PlainTextField

    def __init__(
        self,
        field_name: str | None = None,
        *,
        description: str = "",
        of: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(field_name, max_length=200, **options)
        self.of = of
        _describe(self, description, {"type": "string", "maxLength": 200})

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Those found."""
        if not value:
            return qs
        return self.of(qs, value) if self.of is not None else super().filter(qs, value)


class Filters(django_filters.FilterSet):
    """The base of a record type's filters: one set for list, board, API, export and saved views."""

    def __init__(self, data: Any = None, queryset: Any = None, **options: Any) -> None:
        # Copying forty filters to use one of them costs more than the query.
        known: Any = type(self)
        self.base_filters = {
            name: each
            for name, each in known.base_filters.items()
            if data is None or name in data or isinstance(each, ArchivedFilter)
        }
        super().__init__(data, queryset, **options)

    @classmethod
    def parameters(cls) -> frozenset[str]:
        """The names that this set takes from an address."""
        return frozenset(cls.get_filters())  # type: ignore[no-untyped-call]
