"""The facts of a lead in words: each with its label, its value, and where it is edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext, pgettext

from core import dates
from core.money import format_money, format_number
from core.templatetags.relance import percent_text
from crm.customwords import CustomWords
from crm.models import CustomField, User
from pipeline.models import Lead
from pipeline.recurring import by_month, weighted


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as it is printed. `name` is that of its form, "" when it cannot be edited."""

    name: str
    label: str
    value: str
    note: str = ""
    edit_url: str = ""
    form_url: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """What we know of the need, as a chip: known and good, known and bad, or not known.

    A click sends `value` at once, or opens the form at `form_url`.
    """

    name: str
    words: str
    state: str
    value: str = ""
    edit_url: str = ""
    form_url: str = ""


class Facts:
    """Tells the facts of one lead."""

    def __init__(self, lead: Lead, *, may_change: bool) -> None:
        self.lead, self.may_change = lead, may_change
        self.language = get_language() or "en"
        self.edit = reverse("lead-edit", args=[lead.pk])
        self.form = reverse("lead-fact", args=[lead.pk, "x"]).removesuffix("x/")

    def urls(self, name: str, field: str = "") -> dict[str, str]:
        """Where a fact is edited: on the page of all fields, and in its place."""
        if not self.may_change:
            return {}
        anchor = f"#id_{field}" if field else ""
        return {"edit_url": f"{self.edit}{anchor}", "form_url": f"{self.form}{name}/"}

    def _fact(self, name: str, label: str, value: Any, field: str, note: str = "") -> Fact:
        text = "" if value is None else str(value)
        return Fact(name if self.may_change else "", label, text, note, **self.urls(name, field))

    def money(self, amount: Any) -> str:
        """An amount in the lead's currency."""
        return format_money(amount, self.lead.currency, self.language)

    def all(self, collaborators: Sequence[User]) -> list[Fact]:
        """The facts of the page, in their order."""
        lead = self.lead
        facts = [
            *self.main(),
            self._fact("recurring", gettext("Recurring"), self._recurring(), "recurring_revenue"),
            self._fact("product", gettext("Product"), lead.product, "product"),
            self._fact("source", gettext("Source"), self._source(), "source"),
            *self._touches(),
            self._fact(
                "forecast",
                gettext("Forecast"),
                lead.get_forecast_category_display(),  # type: ignore[attr-defined]
                "forecast_category",
            ),
            self._fact("collaborators", gettext("Collaborators"), _names(collaborators), ""),
        ]
        facts.append(
            Fact("", gettext("Kind"), lead.get_kind_display())  # type: ignore[attr-defined]
        )
        facts.append(Fact("", gettext("Created"), dates.day(lead.created_at)))
        if lead.external_id:
            facts.append(
                Fact("", gettext("External id"), lead.external_id, note=lead.external_source)
            )
        return facts

    def main(self) -> list[Fact]:
        """The facts that are asked for most."""
        lead = self.lead
        return [
            self._fact(
                "company",
                gettext("Company"),
                lead.company or lead.company_name,
                "company",
                self._size(),
            ),
            self._fact(
                "amount", gettext("Amount"), self.money(lead.expected_revenue), "expected_revenue"
            ),
            self._fact(
                "probability",
                gettext("Probability"),
                percent_text(lead.probability),
                "probability_manual",
                self._weighted(),
            ),
            self._fact(
                "close",
                gettext("Expected close"),
                dates.day(lead.expected_close),
                "expected_close",
                self._pushed(),
            ),
            self._fact("owner", gettext("Owner"), lead.owner, "owner"),
            self._fact("team", gettext("Sales team"), lead.team, "team"),
        ]

    def one(self, name: str, definition: CustomField | None = None) -> Fact | None:
        """One fact by its name."""
        if definition is not None:
            return self.custom([definition])[0]
        found = {fact.name: fact for fact in self.all(list(self.lead.collaborators.all()))}
        return found.get(name)

    def custom(self, definitions: Sequence[CustomField]) -> list[Fact]:
        """The custom fields."""
        values = self.lead.custom or {}
        words = CustomWords(definitions)
        words.learn({key: [value] for key, value in values.items()})
        return [
            self._fact(
                f"custom.{definition.key}",
                definition.label,
                words.text(definition.key, values.get(definition.key)),
                f"custom.{definition.key}",
            )
            for definition in definitions
        ]

    def _size(self) -> str:
        people = self.lead.company.employees if self.lead.company else None
        if not people:
            return ""
        return ngettext("%(number)s person", "%(number)s people", people) % {
            "number": format_number(people, self.language)
        }

    def _weighted(self) -> str:
        amount = self.lead.expected_revenue
        if amount is None or self.lead.status != Lead.Status.OPEN:
            return ""
        chance = weighted(amount, self.lead.probability)
        text = format_money(chance, self.lead.currency, self.language, cents=False)
        return gettext("weighted %(sum)s") % {"sum": text}

    def _pushed(self) -> str:
        pushed = self.lead.close_pushed
        if not pushed:
            return ""
        return ngettext("put off once", "put off %(count)d times", pushed) % {"count": pushed}

    def _recurring(self) -> str:
        lead = self.lead
        if lead.recurring_revenue is None:
            return ""
        plan = lead.get_recurring_plan_display()  # type: ignore[attr-defined]
        said = f"{self.money(lead.recurring_revenue)} · {plan}"
        if lead.recurring_plan == Lead.Plan.MONTHLY:
            return said
        month = self.money(by_month(lead.recurring_revenue, lead.recurring_plan))
        return f"{said} · {gettext('%(sum)s a month') % {'sum': month}}"

    def _source(self) -> str:
        parts = (self.lead.source, self.lead.medium, self.lead.campaign)
        return " / ".join(str(part) for part in parts if part is not None)

    def _touches(self) -> list[Fact]:
        lead = self.lead
        touches = [
            (gettext("First touch"), lead.first_touch),
            (gettext("Last touch"), lead.last_touch),
        ]
        return [
            Fact("", label, str(touch) or touch.landing_url or "–", note=dates.day(touch.at))
            for label, touch in touches
            if touch is not None
        ]

    def chips(self) -> list[Chip]:
        """What we know of the need. Budget, timeframe and pain ask for more than a yes."""
        lead = self.lead
        return [
            self._chip("budget", self._budget(), _state(lead.budget_confirmed), "budget_confirmed"),
            self._yes_no(
                "decision", "decision_maker_known", _decision_words, lead.decision_maker_known
            ),
            self._chip(
                "timeframe",
                lead.get_timeframe_display()  # type: ignore[attr-defined]
                or pgettext("qualification", "Timeframe?"),
                "good" if lead.timeframe else "open",
                "timeframe",
            ),
            self._chip(
                "pain",
                gettext("Pain known") if lead.pain else pgettext("qualification", "Pain?"),
                "good" if lead.pain else "open",
                "pain",
            ),
            self._yes_no("fit", "company_fit", _fit_words, lead.company_fit),
        ]

    def _budget(self) -> str:
        lead = self.lead
        words = {"amount": self.money(lead.budget_amount)}
        if lead.budget_confirmed is False:
            return gettext("No budget")
        if lead.budget_confirmed:
            if lead.budget_amount is None:
                return gettext("Budget confirmed")
            return gettext("Budget %(amount)s confirmed") % words
        if lead.budget_amount is not None:
            return gettext("Budget %(amount)s?") % words
        return pgettext("qualification", "Budget?")

    def _chip(self, name: str, words: str, state: str, field: str) -> Chip:
        return Chip(name, str(words), state, **self.urls(name, field))

    def _yes_no(self, name: str, field: str, words: Any, known: bool | None) -> Chip:
        """A chip that a click turns from not known to yes, to no, and back."""
        following = {None: "true", True: "false", False: ""}[known]
        return Chip(
            name, words()[known], _state(known), following or "none", **self.urls(name, field)
        )


def _decision_words() -> dict[bool | None, str]:
    return {
        None: pgettext("qualification", "Decision maker?"),
        True: gettext("Decision maker known"),
        False: gettext("Decision maker not known yet"),
    }


def _fit_words() -> dict[bool | None, str]:
    return {
        None: pgettext("qualification", "Company fits?"),
        True: gettext("Company fits"),
        False: gettext("Company does not fit"),
    }


def _state(known: bool | None) -> str:
    return {None: "open", True: "good", False: "bad"}[known]


def _names(people: Sequence[Any]) -> str:
    return ", ".join(str(person) for person in people)
