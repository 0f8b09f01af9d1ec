"""What narrows leads in the address of a board or a list: one filter for both, in words.

The parameters are those of the API (`LeadFilters`), so the same question has the same address
everywhere. What cannot be read narrows nothing and is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.conditions import parse_where, sentence
from core.filters import Words
from crm.models import Campaign, Medium, Product, Source, Tag, Team, User
from pipeline.filters import LeadFilters
from pipeline.models import Lead
from pipeline.querysets import LeadQuerySet

#: What a board shows anyhow: its pipeline's leads that are open or won.
PLACED = frozenset({"pipeline", "stage", "status", "archived"})
#: The longest query that is read.
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Asking:
    """Stands for the request where a filter set asks who is asking."""

    user: User


@dataclass(frozen=True, slots=True)
class Told:
    """One part of a filter in words, with the query of the address without it."""

    name: str
    words: str
    without: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A part of the filter that is always in sight: what a click on it changes in the address."""

    name: str
    label: str
    changes: Mapping[str, str | None]
    current: bool


#: The parts that are always in sight (`Narrowing.choices`).
IN_SIGHT = (
    ("owner", "me"),
    ("team", "mine"),
    ("next_step", "none"),
    ("closing", "this_month"),
    ("stalled", "true"),
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A filter of leads as it stands in an address, for a person."""

    user: User
    values: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @classmethod
    def read(
        cls, data: QueryDict | Mapping[str, str], user: User, *, without: Collection[str] = ()
    ) -> Narrowing:
        """The filter in an address; `without` names parameters that mean nothing here."""
        widget = Words()
        values: dict[str, str] = {}
        for name in sorted(LeadFilters.parameters() & set(data)):
            text = widget.value_from_datadict(data, {}, name)
            text = (text or "").replace("\x00", "").strip()
            if text and name not in without:
                values[name] = text
        if not values:
            return cls(user)
        problems = []
        form = _filters(values, user).form
        for name, errors in form.errors.items():
            values.pop(name, None)
            words = {"name": name, "error": " ".join(str(error) for error in errors)}
            problems.append(_("The filter “%(name)s” was left out: %(error)s") % words)
        return cls(user, values, tuple(problems))

    @classmethod
    def read_query(cls, query: str, user: User, *, without: Collection[str] = ()) -> Narrowing:
        """The filter in the query part of an address."""
        return cls.read(QueryDict(query.removeprefix("?")[:LONGEST]), user, without=without)

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def text(self) -> str:
        """The words that are searched."""
        return self.values.get("q", "")

    def apply(self, leads: LeadQuerySet) -> LeadQuerySet:
        """The leads that it lets through, archived ones only when it asks for them."""
        return _filters(self.values, self.user, leads).qs  # type: ignore[no-any-return]

    def leads(self) -> LeadQuerySet | None:
        """The leads for a read of the board; None when nothing is narrowed."""
        return self.apply(Lead.objects.all()) if self.values else None

    def query(self, **changes: Any) -> str:
        """The query part of an address with this filter, changed: None or "" takes a part out."""
        values = {**self.values, **changes}
        kept = {name: value for name, value in values.items() if value not in ("", None)}
        return f"?{urlencode(kept)}" if kept else ""

    def has(self, name: str, value: str) -> bool:
        """Whether a part stands there with just this value."""
        return self.values.get(name) == value

    def choices(self) -> list[Choice]:
        """Whose leads, and what is wrong with them; a second click takes the latter back."""
        mine, team = self.has("owner", "me"), self.has("team", "mine")
        everyone = "owner" not in self.values and "team" not in self.values
        words = {
            "next_step": _("No next step"),
            "closing": _("Closing this month"),
            "stalled": _("Stalled"),
        }
        return [
            Choice("mine", pgettext("whose records", "Mine"), {"owner": "me", "team": None}, mine),
            Choice("team", _("My team’s"), {"owner": None, "team": "mine"}, team),
            Choice("everyone", _("Everyone’s"), {"owner": None, "team": None}, everyone),
            *(
                Choice(
                    name,
                    words[name],
                    {name: None if self.has(name, value) else value},
                    self.has(name, value),
                )
                for name, value in IN_SIGHT
                if name in words
            ),
        ]

    def told(self, *, apart_from: Collection[tuple[str, str]] = (), **kept: Any) -> list[Told]:
        """Its parts in words, each with the address without it; `kept` stays in that address.

        Those in `apart_from` (name, value) have a sign of their own on the page.
        """
        return [
            Told(name, self._words(name, value), self.query(**{**kept, name: None}))
            for name, value in self.values.items()
            if (name, value) not in apart_from and name != "q"
        ]

    def _words(self, name: str, value: str) -> str:
        if name == "where":
            return sentence(parse_where(value, "pipeline.lead"), "pipeline.lead", self.user)
        filters = LeadFilters.get_filters()  # type: ignore[no-untyped-call]
        label = labels().get(name) or str(filters[name].label or name)
        if value == "true":
            return label
        return _("%(name)s: %(value)s") % {"name": label, "value": self._value(name, value)}

    def _value(self, name: str, value: str) -> str:
        words = special_words()
        keys = [part.strip() for part in value.split(",")]
        model = NAMED.get(name)
        names: dict[int, str] = {}
        if model is not None:
            ids = [int(key) for key in keys if key.isdigit()]
            rows = model.objects.filter(pk__in=ids)
            names = {row.pk: str(row) for row in rows}
        return ", ".join(
            words.get(key) or (names.get(int(key), "?") if key.isdigit() and model else key)
            for key in keys
        )


#: Filters by a record, whose names are told: all of kinds that everyone may know.
NAMED: dict[str, Any] = {
    "owner": User,
    "team": Team,
    "tag": Tag,
    "source": Source,
    "medium": Medium,
    "campaign": Campaign,
    "product": Product,
}


def labels() -> dict[str, str]:
    """What the parts of the filter are called."""
    return {
        "owner": _("Owner"),
        "team": _("Sales team"),
        "tag": _("Tag"),
        "source": _("Source"),
        "medium": _("Medium"),
        "campaign": _("Campaign"),
        "product": _("Product"),
        "next_step": _("Next step"),
        "closing": _("Closing"),
        "stalled": _("Stalled"),
        "status": _("Status"),
        "kind": _("Kind"),
        "stage": _("Stage"),
        "pipeline": _("Pipeline"),
        "company": _("Company"),
        "contact": _("Contact"),
        "archived": _("Archived"),
        "currency": _("Currency"),
    }


def special_words() -> dict[str, str]:
    """What the words of an address mean."""
    return {
        "me": _("me"),
        "mine": _("my teams"),
        "none": _("none"),
        "overdue": _("overdue"),
        "today": _("today"),
        "later": _("later"),
        "planned": _("planned"),
        "this_month": _("this month"),
        "next_month": _("next month"),
        "open": _("open"),
        "won": _("won"),
        "lost": _("lost"),
        "lead": _("lead"),
        "opportunity": _("opportunity"),
        "any": _("also"),
    }


def _filters(
    values: Mapping[str, str], user: User, leads: LeadQuerySet | None = None
) -> LeadFilters:
    queryset = Lead.objects.none() if leads is None else leads
    return LeadFilters(values, queryset, request=Asking(user))  # type: ignore[arg-type]
